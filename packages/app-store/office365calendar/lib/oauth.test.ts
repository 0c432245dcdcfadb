import { createHash, randomBytes } from "node:crypto";
import type { Sandbox } from "@calsync/provider-sandbox";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { OAuthFlow } from "@calsync/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import office365calendar from "../index.ts";
import { connectAccount, startGraph } from "../test/graph-sandbox.ts";
import { createOAuthFlow } from "./oauth.ts";
import { missingScopes, REQUESTED_SCOPES } from "./scopes.ts";

const APP = { clientId: "7b1c7a52-0000-4000-8000-000000000001", clientSecret: "s3cret+/=&" };
const REDIRECT = "https://calsync.example/oauth/callback";

let sandbox: Sandbox;
let settings: Record<string, unknown>;
let flow: OAuthFlow;

beforeAll(async () => {
  sandbox = await startGraph();
  sandbox.graph.addApp({ ...APP, redirectUris: [REDIRECT] });
  settings = { ...APP, apiUrl: sandbox.graph.url, loginUrl: sandbox.graph.loginUrl, retryDelayMs: 5 };
  flow = createOAuthFlow(settings);
});
afterAll(() => sandbox.close());

/** A person on the page of the identity platform. Gives what the browser is sent back with. */
async function consent(
  email: string,
  { decision = "accept", claims }: { decision?: string; claims?: string | undefined } = {},
): Promise<{ answer: URLSearchParams; codeVerifier: string }> {
  const codeVerifier = randomBytes(32).toString("base64url");
  const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
  const page = await fetch(
    flow.authorizationUrl({ state: "state-1", codeChallenge, redirectUri: REDIRECT, claims }),
  );
  const text = await page.text();
  const request = /name="request" value="([^"]+)"/.exec(text)?.[1] ?? "";
  const action = /action="([^"]+)"/.exec(text)?.[1] ?? "";
  const answer = await fetch(new URL(action, page.url), {
    method: "POST",
    body: new URLSearchParams({ request, account: "", email, decision }),
    redirect: "manual",
  });
  const target = new URL(answer.headers.get("location") ?? "");
  expect(target.searchParams.get("state")).toBe("state-1");
  return { answer: target.searchParams, codeVerifier };
}

async function connect(email: string, claims?: string) {
  const { answer, codeVerifier } = await consent(email, { claims });
  return flow.exchangeCode({ code: answer.get("code") ?? "", codeVerifier, redirectUri: REDIRECT });
}

describe("connecting a Microsoft account", () => {
  test("the browser is sent to Microsoft with everything that a lasting grant needs", () => {
    const url = new URL(
      createOAuthFlow({ ...APP, tenant: "organizations" }).authorizationUrl({
        state: "state-1",
        codeChallenge: "challenge",
        redirectUri: REDIRECT,
      }),
    );
    expect(`${url.origin}${url.pathname}`).toBe(
      "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "code",
      response_mode: "query",
      client_id: APP.clientId,
      redirect_uri: REDIRECT,
      scope: REQUESTED_SCOPES.join(" "),
      state: "state-1",
      code_challenge: "challenge",
      code_challenge_method: "S256",
      prompt: "select_account",
    });
  });

  test.each(["ada@contoso.example", "ada@outlook.example"])(
    "the account %s can be used once it is connected, and is known by tenant and object id",
    async (email) => {
      const grant = await connect(email);
      const account = sandbox.graph.accounts().find((candidate) => candidate.email === email);
      expect(grant).toMatchObject({
        accountId: `${account?.tenantId}.${account?.id}`,
        accountEmail: email,
        missingScopes: [],
      });
      const service = office365calendar.createService({
        credential: new MemoryCredential(grant.secret),
        settings,
        now: () => new Date(),
        log: { debug: () => undefined, warn: () => undefined },
      });
      expect(await service.listCalendars()).toMatchObject([{ primary: true, writable: true }]);
    },
  );

  test("declining leads back with a reason, and so does a tenant whose administrator has to approve", async () => {
    expect((await consent("no@contoso.example", { decision: "cancel" })).answer.get("error")).toBe(
      "access_denied",
    );
    sandbox.graph.faults.set({ userConsent: "admin" });
    expect((await consent("employee@contoso.example")).answer.get("error")).toBe("consent_required");
    sandbox.graph.faults.clear();
  });

  test("a code works once, with its own verifier alone", async () => {
    const { answer, codeVerifier } = await consent("once@contoso.example");
    const code = answer.get("code") ?? "";
    await flow.exchangeCode({ code, codeVerifier, redirectUri: REDIRECT });
    const refused = {
      code: "INVALID_REQUEST",
      providerReason: expect.stringMatching(/^invalid_grant\/\d+$/),
    };
    await expect(flow.exchangeCode({ code, codeVerifier, redirectUri: REDIRECT })).rejects.toMatchObject(
      refused,
    );
    const other = (await consent("once@contoso.example")).answer.get("code") ?? "";
    await expect(
      flow.exchangeCode({ code: other, codeVerifier: "wrong", redirectUri: REDIRECT }),
    ).rejects.toMatchObject(refused);
  });

  test("an expired secret is the operator's matter and not the user's", async () => {
    const { answer, codeVerifier } = await consent("late@contoso.example");
    sandbox.graph.setAppStatus(APP.clientId, "expired");
    const exchange = flow.exchangeCode({
      code: answer.get("code") ?? "",
      codeVerifier,
      redirectUri: REDIRECT,
    });
    await expect(exchange).rejects.toMatchObject({
      code: "OAUTH_CLIENT_REFUSED",
      providerReason: "invalid_client/7000222",
    });
    sandbox.graph.setAppStatus(APP.clientId, "active");
  });

  test("what was granted is compared whatever its spelling", () => {
    expect(missingScopes("openid Calendars.ReadWrite")).toEqual([]);
    expect(missingScopes("https://graph.microsoft.com/calendars.readwrite")).toEqual([]);
    expect(missingScopes("openid Calendars.Read")).toMatchObject([{ permission: "events" }]);
  });
});

describe("access tokens of Microsoft accounts", () => {
  const PAST = "2020-01-01T00:00:00.000Z";

  test("every renewal stores the new refresh token, and one renewal serves all who wait", async () => {
    const { credential, service } = connectAccount(sandbox.graph, { expiresAt: PAST });
    const before = credential.secret["refreshToken"];
    await Promise.all([service.listCalendars(), service.listCalendars(), service.listCalendars()]);
    expect(credential.rotations).toBe(1);
    expect(credential.secret["refreshToken"]).not.toBe(before);
    sandbox.graph.expireAccessTokens();
    await service.listCalendars();
    expect(credential.rotations).toBe(2);
  });

  test("a grant that has ended marks the credential, and an expired client secret does not", async () => {
    const { credential, email, service } = connectAccount(sandbox.graph, { expiresAt: PAST });
    const { clientId } = sandbox.graph.issueToken({ email });
    sandbox.graph.setAppStatus(clientId, "expired");
    await expect(service.listCalendars()).rejects.toMatchObject({ code: "OAUTH_CLIENT_REFUSED" });
    expect(credential.invalidReason).toBeNull();
    sandbox.graph.setAppStatus(clientId, "active");
    sandbox.graph.revokeSessions(email);
    await expect(service.listCalendars()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
    expect(credential.invalidReason).toBe("invalid_grant/50173");
  });

  test("a claims challenge that no renewal meets asks the user to sign in again", async () => {
    const { credential, email, service } = connectAccount(sandbox.graph);
    sandbox.graph.faults.add({ fault: "claimsChallenge", account: email, times: 1 });
    await expect(service.listCalendars()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
    expect(credential).toMatchObject({ rotations: 1, invalidReason: "claims_challenge" });
    sandbox.graph.faults.clear();

    // Without the claims a new consent brings no token that is good; with them it does.
    for (const [claims, outcome] of [
      [undefined, "rejected"],
      [credential.invalidClaims ?? undefined, "fulfilled"],
    ] as const) {
      const { secret } = await connect(email, claims);
      const again = office365calendar.createService({
        credential: new MemoryCredential(secret),
        settings,
        now: () => new Date(),
        log: { debug: () => undefined, warn: () => undefined },
      });
      const [end] = await Promise.allSettled([again.listCalendars()]);
      expect(end?.status).toBe(outcome);
    }
  });
});
