import type { Sandbox } from "@calsync/provider-sandbox";
import { testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll } from "vitest";
import { NotificationEndpoint } from "../../common/test/NotificationEndpoint.ts";
import { metadata } from "../metadata.ts";
import { contractSubject, startGraph } from "../test/graph-sandbox.ts";
import { parseNotification } from "./notification.ts";

let sandbox: Sandbox;
let endpoint: NotificationEndpoint;

beforeAll(async () => {
  sandbox = await startGraph();
  endpoint = await NotificationEndpoint.start(parseNotification);
});

afterAll(async () => {
  await sandbox.close();
  await endpoint.close();
});

testCalendarService("office365calendar", {
  capabilities: metadata.capabilities,
  gaps: {
    "given-uid": "Exchange gives every event a UID of its own making, and takes none.",
    tombstones: "A deleted event is in the bin of the mailbox, where its calendar does not know it any more.",
    restore: "Graph brings no event back from the bin under its id.",
  },
  create: async () => contractSubject(sandbox.graph, endpoint),
});
