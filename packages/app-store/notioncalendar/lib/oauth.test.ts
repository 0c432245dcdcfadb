import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import type { OAuthFlow } from "@calsync/types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOAuthFlow } from "./oauth.ts";

const CLIENT = { clientId: "0f0f0f0f-1111-4222-8333-444444444444", clientSecret: "s3cret" };
const REDIRECT = "https://calsync.example/oauth/callback";
const HOST = "host@notion.test";

let sandbox: Sandbox;
let flow: OAuthFlow;
let databaseId: string;
beforeAll(async () => {
  sandbox = await startSandbox({
    notionClients: [{ ...CLIENT, redirectUris: [REDIRECT], name: "Bookings" }],
  });
  sandbox.notion.createAccount({ email: HOST, workspace: "Practice" });
  ({ databaseId } = sandbox.notion.createDatabase({ email: HOST, title: "Appointments" }));
  flow = createOAuthFlow({ ...CLIENT, apiUrl: sandbox.url });
});
afterAll(() => sandbox.close());

/** A person on the page that asks what is shared. Gives what the browser is sent back with. */
async function consent(decision: "allow" | "cancel" = "allow"): Promise<URLSearchParams> {
  const challenge = { state: "state-1", codeChallenge: "unused", redirectUri: REDIRECT };
  const page = await (await fetch(flow.authorizationUrl(challenge))).text();
  expect(page).toContain("Bookings wants to work with your workspace");
  const request = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const answer = await fetch(`${sandbox.url}/v1/oauth/authorize/consent`, {
    method: "POST",
    body: new URLSearchParams({ request, account: HOST, database: databaseId, decision }),
    redirect: "manual",
  });
  return new URL(answer.headers.get("location") ?? "").searchParams;
}
const exchange = (code: string | null, other = flow) =>
  other.exchangeCode({ code: code ?? "", codeVerifier: "unused", redirectUri: REDIRECT });

test("a consent gives both tokens, the bot as the account, its owner's address and the workspace's name", async () => {
  const answer = await consent();
  expect(answer.get("state")).toBe("state-1");
  const grant = await exchange(answer.get("code"));
  expect(grant).toMatchObject({
    accountEmail: HOST,
    accountName: "Practice",
    missingScopes: [],
    secret: { kind: "public", botId: grant.accountId },
  });
});

test("a code that was used is refused as such, a wrong secret as our own doing, and an outage as neither", async () => {
  const code = (await consent()).get("code");
  const wrong = createOAuthFlow({ ...CLIENT, clientSecret: "wrong", apiUrl: sandbox.url });
  await expect(exchange(code, wrong)).rejects.toMatchObject({ code: "OAUTH_CLIENT_REFUSED" });
  sandbox.notion.faults.add({ fault: "serverError", method: "oauth.token", times: 1 });
  await expect(exchange(code)).rejects.toMatchObject({ code: "NETWORK_ERROR" });
  await exchange(code);
  await expect(exchange(code)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
});

test("a person who declines comes back with that, and disconnecting ends the access at Notion", async () => {
  expect((await consent("cancel")).get("error")).toBe("access_denied");
  const { secret } = await exchange((await consent()).get("code"));
  await flow.revoke(secret);
  const { accessToken } = secret as { accessToken: string };
  const answer = await fetch(`${sandbox.url}/v1/users/me`, {
    headers: { authorization: `Bearer ${accessToken}`, "notion-version": "2025-09-03" },
  });
  expect(answer.status).toBe(401);
});
