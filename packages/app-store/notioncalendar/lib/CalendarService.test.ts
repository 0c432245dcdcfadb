import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { testCalendarService } from "@calsync/testing/contract";
import { afterAll, beforeAll } from "vitest";
import { metadata } from "../metadata.ts";
import { contractSubject, WebhookEndpoint } from "../test/notion-sandbox.ts";

let sandbox: Sandbox;
let endpoint: WebhookEndpoint;

beforeAll(async () => {
  sandbox = await startSandbox();
  endpoint = await WebhookEndpoint.start(sandbox.notion);
});

afterAll(async () => {
  await sandbox.close();
  await endpoint.close();
});

testCalendarService("notioncalendar", {
  capabilities: metadata.capabilities,
  gaps: {
    "cursor-expiry": "A cursor of ours holds times and ids; there is nothing that Notion could take back.",
    "deleted-keys": "Queries show no rows in the trash, and a key is found by a query.",
    transparency: "A row has no place where a person says that it leaves them free.",
    visibility: "Whoever sees the database sees its rows: none of them can be private.",
  },
  create: () => contractSubject(sandbox.notion, endpoint),
});
