import { createHash, randomBytes } from "node:crypto";
import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { OAuthFlow } from "@calsync/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import googlecalendar from "../index.ts";
import { createOAuthFlow, missingScopes } from "./oauth.ts";
import { REQUESTED_SCOPES } from "./scopes.ts";

const CLIENT = { clientId: "calsync.apps.example", clientSecret: "s3cret" };
const REDIRECT = "https://calsync.example/oauth/callback";

let sandbox: Sandbox;
let settings: Record<string, unknown>;
let flow: OAuthFlow;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.google.addClient({ ...CLIENT, redirectUris: [REDIRECT] });
  const { url } = sandbox.google;
  settings = {
    ...CLIENT,
    apiUrl: url,
    authUrl: `${url}/o/oauth2/v2/auth`,
    tokenUrl: `${url}/token`,
    revokeUrl: `${url}/revoke`,
    retryDelayMs: 5,
  };
  flow = createOAuthFlow(settings);
});
afterAll(() => sandbox.close());

/** A person on the consent page: everything ticked unless told otherwise. Gives what the browser is sent back with. */
async function consent(
  email: string,
  scopes = REQUESTED_SCOPES,
): Promise<{ code: string; codeVerifier: string }> {
  const codeVerifier = randomBytes(32).toString("base64url");
  const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
  const page = await fetch(flow.authorizationUrl({ state: "state-1", codeChallenge, redirectUri: REDIRECT }));
  const request = /name="request" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  const form = new URLSearchParams({ request, account: "", email, decision: "allow" });
  for (const scope of scopes) form.append("scope", scope);
  const answer = await fetch(`${sandbox.url}/o/oauth2/v2/auth/consent`, {
    method: "POST",
    body: form,
    redirect: "manual",
  });
  const target = new URL(answer.headers.get("location") ?? "");
  expect(target.searchParams.get("state")).toBe("state-1");
  return { code: target.searchParams.get("code") ?? "", codeVerifier };
}

describe("connecting a Google account", () => {
  test("the browser is sent to Google with everything that a lasting grant needs", () => {
    const url = new URL(
      createOAuthFlow(CLIENT).authorizationUrl({
        state: "state-1",
        codeChallenge: "challenge",
        redirectUri: REDIRECT,
        loginHint: "host@people.example",
      }),
    );
    expect(`${url.origin}${url.pathname}`).toBe("https://accounts.google.com/o/oauth2/v2/auth");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "code",
      client_id: CLIENT.clientId,
      redirect_uri: REDIRECT,
      scope: REQUESTED_SCOPES.join(" "),
      state: "state-1",
      code_challenge: "challenge",
      code_challenge_method: "S256",
      access_type: "offline",
      prompt: "consent",
      include_granted_scopes: "true",
      login_hint: "host@people.example",
    });
  });

  test("a granted account can be used, and is known by its lasting id", async () => {
    const email = "first@people.example";
    const grant = await flow.exchangeCode({ ...(await consent(email)), redirectUri: REDIRECT });
    const account = sandbox.google.accounts().find((candidate) => candidate.email === email);
    expect(grant).toMatchObject({ accountId: account?.sub, accountEmail: email, missingScopes: [] });
    const service = googlecalendar.createService({
      credential: new MemoryCredential(grant.secret),
      settings,
      now: () => new Date(),
      log: { debug: () => undefined, warn: () => undefined },
    });
    expect(await service.listCalendars()).toMatchObject([{ id: email, primary: true, writable: true }]);
    const range = { start: new Date("2027-06-01T00:00:00.000Z"), end: new Date("2027-06-02T00:00:00.000Z") };
    expect(await service.getFreeBusy([email], range)).toEqual([]);
  });

  test("connecting the same account again gives a refresh token again", async () => {
    const email = "twice@people.example";
    const first = await flow.exchangeCode({ ...(await consent(email)), redirectUri: REDIRECT });
    const second = await flow.exchangeCode({ ...(await consent(email)), redirectUri: REDIRECT });
    expect(second.accountId).toBe(first.accountId);
    expect(second.secret["refreshToken"]).toBeTypeOf("string");
  });

  test("scopes that were not ticked are told", async () => {
    const ticked = REQUESTED_SCOPES.filter((scope) => !scope.endsWith("/calendar.events"));
    const granted = await consent("sparing@people.example", ticked);
    const grant = await flow.exchangeCode({ ...granted, redirectUri: REDIRECT });
    expect(grant.missingScopes.map(({ scope }) => scope)).toEqual([
      "https://www.googleapis.com/auth/calendar.events",
    ]);
  });

  test("a code works once", async () => {
    const granted = await consent("once@people.example");
    await flow.exchangeCode({ ...granted, redirectUri: REDIRECT });
    await expect(flow.exchangeCode({ ...granted, redirectUri: REDIRECT })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      providerReason: "invalid_grant",
    });
  });

  test("a code is no good without its verifier", async () => {
    const { code } = await consent("verifier@people.example");
    const exchange = flow.exchangeCode({ code, codeVerifier: "x".repeat(43), redirectUri: REDIRECT });
    await expect(exchange).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("a wrong client secret is our fault, not the user's", async () => {
    const granted = await consent("secret@people.example");
    const wrong = createOAuthFlow({ ...settings, clientSecret: "wrong" });
    await expect(wrong.exchangeCode({ ...granted, redirectUri: REDIRECT })).rejects.toMatchObject({
      code: "OAUTH_CLIENT_REFUSED",
    });
  });

  test("a token endpoint that cannot be reached is a network error", async () => {
    const lost = createOAuthFlow({ ...settings, tokenUrl: "http://127.0.0.1:9/token" });
    const exchange = lost.exchangeCode({ code: "c", codeVerifier: "v", redirectUri: REDIRECT });
    await expect(exchange).rejects.toMatchObject({ code: "NETWORK_ERROR", advice: { retry: "later" } });
  });

  test("wider scopes of an earlier grant cover the narrow ones", () => {
    expect(missingScopes("openid https://www.googleapis.com/auth/calendar")).toEqual([]);
    expect(
      missingScopes("https://www.googleapis.com/auth/calendar.readonly").map(({ scope }) => scope),
    ).toEqual(["https://www.googleapis.com/auth/calendar.events"]);
  });
});

describe("the end of a Google grant", () => {
  async function connected(email: string) {
    const grant = await flow.exchangeCode({ ...(await consent(email)), redirectUri: REDIRECT });
    const credential = new MemoryCredential(grant.secret);
    const service = googlecalendar.createService({
      credential,
      settings,
      now: () => new Date(),
      log: { debug: () => undefined, warn: () => undefined },
    });
    return { grant, credential, service };
  }

  test("an access token that is refused is renewed, and the call goes on", async () => {
    const { credential, service } = await connected("refused@people.example");
    const before = credential.secret["accessToken"];
    sandbox.google.expireAccessTokens("refused@people.example");
    expect(await service.listCalendars()).toHaveLength(1);
    expect(credential.secret["accessToken"]).not.toBe(before);
    expect(credential.rotations).toBe(1);
  });

  test("twenty calls with a refused token renew it once", async () => {
    const { credential, service } = await connected("parallel@people.example");
    sandbox.google.expireAccessTokens("parallel@people.example");
    sandbox.google.stats.reset();
    const lists = await Promise.all(Array.from({ length: 20 }, () => service.listCalendars()));
    expect(lists.every((list) => list.length === 1)).toBe(true);
    expect(credential.rotations).toBe(1);
  });

  test("access taken away by the user ends the credential", async () => {
    const { credential, service } = await connected("gone@people.example");
    sandbox.google.revokeAccess("gone@people.example", CLIENT.clientId);
    await expect(service.listCalendars()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
    expect(credential.invalidReason).toBe("invalid_grant");
  });

  test("a deleted client is about us and leaves the credential alone", async () => {
    const { credential, service } = await connected("client@people.example");
    sandbox.google.expireAccessTokens("client@people.example");
    sandbox.google.setClientStatus(CLIENT.clientId, "deleted");
    try {
      await expect(service.listCalendars()).rejects.toMatchObject({ code: "OAUTH_CLIENT_REFUSED" });
    } finally {
      sandbox.google.setClientStatus(CLIENT.clientId, "active");
    }
    expect(credential.invalidReason).toBeNull();
    expect(await service.listCalendars()).toHaveLength(1);
  });

  test("revoking ends the grant at Google, and failing to is no error", async () => {
    const { grant, service } = await connected("revoked@people.example");
    await flow.revoke(grant.secret);
    await expect(service.listCalendars()).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
    await flow.revoke(grant.secret);
    await flow.revoke({});
    await createOAuthFlow({ ...settings, revokeUrl: "http://127.0.0.1:9/revoke" }).revoke(grant.secret);
  });
});

describe("settings", () => {
  test("all problems of the settings are told at once", () => {
    const create = () => createOAuthFlow({ clientId: "", apiUrl: "https://proxy.example/google" });
    expect(create).toThrow(/clientId[\s\S]*clientSecret[\s\S]*apiUrl/);
  });
});
