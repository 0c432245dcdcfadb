import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll } from "vitest";
import { NotificationEndpoint } from "../../common/test/NotificationEndpoint.ts";
import { metadata } from "../metadata.ts";
import { contractSubject } from "../test/google-sandbox.ts";
import { parseNotification } from "./notification.ts";

let sandbox: Sandbox;
let endpoint: NotificationEndpoint;

beforeAll(async () => {
  sandbox = await startSandbox({ allowHttpCallbacks: true });
  endpoint = await NotificationEndpoint.start(parseNotification);
});

afterAll(async () => {
  await sandbox.close();
  await endpoint.close();
});

testCalendarService("googlecalendar", {
  capabilities: metadata.capabilities,
  gaps: {
    "given-uid":
      "Google takes either an id or a UID at creation, and the id is what makes creating idempotent.",
  },
  create: async () => contractSubject(sandbox.google, endpoint),
});
