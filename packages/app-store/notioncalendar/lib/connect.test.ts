import type { Sandbox } from "@calsync/provider-sandbox";
import type { FormOutcome } from "@calsync/types";
import { expect, test } from "vitest";
import { onSandbox } from "../../common/test/on-sandbox.ts";
import { createFormFlow } from "./connect.ts";

const HOST = "host@notion.test";

let sandbox: Sandbox;
onSandbox((started) => {
  sandbox = started;
  sandbox.notion.createAccount({ email: HOST, workspace: "Practice" });
});

function connect(token: string): Promise<FormOutcome> {
  const flow = createFormFlow({
    settings: { apiUrl: sandbox.url, retryDelayMs: 5 },
    now: () => new Date(),
    log: { debug: () => undefined, warn: () => undefined },
  });
  return flow.connect({ values: { token }, stored: null, timeZone: "UTC" });
}

test("an integration's secret is proven by asking who it is, and its workspace names the account", async () => {
  const { accessToken, botId } = sandbox.notion.createInternalIntegration({ email: HOST });
  const outcome = await connect(` ${accessToken} `);
  expect(outcome).toMatchObject({
    grant: { accountId: botId, secret: { accessToken, refreshToken: null, botId, kind: "internal" } },
  });
  expect("grant" in outcome && outcome.grant.accountName).toContain("Practice");
});

test("what is no secret is said before anybody is asked, and one that Notion refuses at its field", async () => {
  expect(await connect("")).toMatchObject({
    problems: [{ field: "token", message: "Fill in the integration's secret." }],
  });
  expect(await connect("my password")).toMatchObject({
    problems: [{ field: "token", message: expect.stringContaining("begins with ntn_") }],
  });
  expect(sandbox.notion.calls.get("users.me") ?? 0).toBe(1);
  expect(await connect("ntn_0000000000000000")).toMatchObject({
    problems: [{ code: "secret_refused", field: "token", message: "Notion does not accept this token." }],
  });
});

test("a failure of Notion's is nobody's fault and no problem of the form", async () => {
  const { accessToken } = sandbox.notion.createInternalIntegration({ email: HOST });
  sandbox.notion.faults.add({ fault: "serverError", times: 2 });
  await expect(connect(accessToken)).rejects.toMatchObject({ code: "CALENDAR_API_ERROR" });
});
