import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { ConfigurationError } from "@calsync/lib";
import { recordPeer } from "./record-peer.ts";
import { readSettings } from "./settings.ts";

/** Checks the configuration, so that a wrong one shows at the start and not at the first visit, and prepares for requests. */
export function prepareServer(): void {
  try {
    readSettings();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    process.exit(78);
  }
  // Published by Node.js for each request before anything else sees it.
  subscribe("http.server.request.start", (message) => {
    recordPeer((message as { request: IncomingMessage }).request);
  });
}
