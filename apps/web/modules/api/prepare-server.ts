import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { ConfigurationError } from "@calsync/lib";
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

/**
 * Adds the address that a request came from to `X-Forwarded-For`, as every proxy does. Next.js sets this header only when it is
 * missing, so that a visitor could write an address of their own into it and escape the API's limits on attempts to sign in.
 */
export function recordPeer(request: Pick<IncomingMessage, "headers" | "socket">): void {
  const peer = request.socket.remoteAddress;
  if (!peer) return;
  const before = request.headers["x-forwarded-for"];
  const earlier = Array.isArray(before) ? before.join(", ") : before;
  request.headers["x-forwarded-for"] = earlier ? `${earlier}, ${peer}` : peer;
}
