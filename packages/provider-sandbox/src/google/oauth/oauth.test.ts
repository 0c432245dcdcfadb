import { createHash } from "node:crypto";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import type { Sandbox } from "../../server.ts";
import { api, GUEST, HOST, testSandbox } from "../test-support.ts";

const CLIENT = {
  clientId: "app.example",
  clientSecret: "app-secret",
  redirectUris: ["http://localhost:9999/callback"],
};
const REDIRECT = CLIENT.redirectUris[0] as string;
const EVENTS_SCOPE = "https://www.googleapis.com/auth/calendar.events";
const LIST_SCOPE = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const DAY_MS = 86_400_000;

async function oauthSandbox(client: object = {}): Promise<Sandbox> {
  return testSandbox({ googleClients: [{ ...CLIENT, ...client }] });
}

function authorize(sandbox: Sandbox, parameters: Record<string, string | null> = {}): Promise<Response> {
  const all = {
    client_id: CLIENT.clientId,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: `openid email ${EVENTS_SCOPE} ${LIST_SCOPE}`,
    state: "state-1 &=",
    access_type: "offline",
    ...parameters,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  return fetch(`${sandbox.url}/o/oauth2/v2/auth?${new URLSearchParams(given)}`, { redirect: "manual" });
}

/** Goes through the consent page as a person does; gives the address that the browser is sent to. */
async function consent(
  sandbox: Sandbox,
  parameters: Record<string, string | null> = {},
  choice: { email?: string; decision?: string; scopes?: string[] } = {},
): Promise<URL> {
  const page = await (await authorize(sandbox, parameters)).text();
  const request = /name="request" value="([^"]+)"/.exec(page)?.[1] as string;
  const offered = [...page.matchAll(/name="scope" value="([^"]+)"/g)].map((match) => match[1] as string);
  const form = new URLSearchParams({
    request,
    account: choice.email ?? HOST,
    decision: choice.decision ?? "allow",
  });
  for (const scope of choice.scopes ?? offered) form.append("scope", scope);
  const answer = await fetch(`${sandbox.url}/o/oauth2/v2/auth/consent`, {
    method: "POST",
    body: form,
    redirect: "manual",
  });
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get("location") as string);
}

interface TokenAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any part of an answer
  body: any;
}

async function token(sandbox: Sandbox, parameters: Record<string, string>): Promise<TokenAnswer> {
  const body = new URLSearchParams({
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
    ...parameters,
  });
  const response = await fetch(`${sandbox.url}/token`, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

const exchange = (sandbox: Sandbox, url: URL, more: Record<string, string> = {}) =>
  token(sandbox, {
    grant_type: "authorization_code",
    code: url.searchParams.get("code") ?? "",
    redirect_uri: REDIRECT,
    ...more,
  });

const refresh = (sandbox: Sandbox, refreshToken: string) =>
  token(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken });

/** A refresh token through the whole flow. */
async function connect(sandbox: Sandbox, parameters: Record<string, string | null> = {}): Promise<string> {
  return (await exchange(sandbox, await consent(sandbox, { prompt: "consent", ...parameters }))).body
    .refresh_token;
}

test("1. an unregistered redirect_uri is rejected without redirecting", async () => {
  const sandbox = await oauthSandbox();
  const answer = await authorize(sandbox, { redirect_uri: "http://localhost:9999/callback/" });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("location")).toBeNull();
  expect(await answer.text()).toContain("redirect_uri_mismatch");
  expect((await authorize(sandbox, { client_id: "unknown" })).status).toBe(401);
  expect((await authorize(sandbox, { scope: "https://www.googleapis.com/auth/nonsense" })).status).toBe(400);
});

test("2. state is echoed unchanged, and access_denied is redirected with it", async () => {
  const sandbox = await oauthSandbox();
  const allowed = await consent(sandbox);
  expect(allowed.origin + allowed.pathname).toBe(REDIRECT);
  expect(allowed.searchParams.get("state")).toBe("state-1 &=");

  const denied = await consent(sandbox, {}, { decision: "cancel" });
  expect(Object.fromEntries(denied.searchParams)).toEqual({ state: "state-1 &=", error: "access_denied" });
});

test("3. a code works once; the second exchange answers 400 invalid_grant", async () => {
  const sandbox = await oauthSandbox();
  const url = await consent(sandbox);
  expect((await exchange(sandbox, url)).status).toBe(200);
  expect(await exchange(sandbox, url)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });

  const late = await consent(sandbox);
  sandbox.google.advanceTime(11 * 60_000);
  expect((await exchange(sandbox, late)).body.error).toBe("invalid_grant");
});

test("4. a wrong or missing code_verifier answers invalid_grant; the right one works for S256 and plain", async () => {
  const sandbox = await oauthSandbox();
  const verifier = "v".repeat(43);
  const challenge = {
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const attempt = async (parameters: Record<string, string>, more: Record<string, string>) =>
    (await exchange(sandbox, await consent(sandbox, parameters), more)).body.error;

  expect(await attempt(challenge, {})).toBe("invalid_grant");
  expect(await attempt(challenge, { code_verifier: "w".repeat(43) })).toBe("invalid_grant");
  expect(await attempt(challenge, { code_verifier: verifier })).toBeUndefined();
  const plain = { code_challenge: verifier, code_challenge_method: "plain" };
  expect(await attempt(plain, { code_verifier: verifier })).toBeUndefined();
});

test("5. a refresh_token comes on the first consent only, or with prompt=consent", async () => {
  const sandbox = await oauthSandbox();
  const first = await exchange(sandbox, await consent(sandbox));
  const second = await exchange(sandbox, await consent(sandbox));
  const forced = await exchange(sandbox, await consent(sandbox, { prompt: "consent" }));
  expect(first.body.refresh_token).toEqual(expect.any(String));
  expect(second.body.refresh_token).toBeUndefined();
  expect(forced.body.refresh_token).toEqual(expect.any(String));
});

test("6. without access_type=offline there is no refresh_token", async () => {
  const sandbox = await oauthSandbox();
  const answer = await exchange(sandbox, await consent(sandbox, { access_type: null, prompt: "consent" }));
  expect(answer.body.access_token).toEqual(expect.any(String));
  expect(answer.body.refresh_token).toBeUndefined();
});

test("7. refresh answers carry no refresh_token", async () => {
  const sandbox = await oauthSandbox();
  const refreshToken = await connect(sandbox);
  const answer = await refresh(sandbox, refreshToken);
  expect(answer.status).toBe(200);
  expect(answer.body.refresh_token).toBeUndefined();
  expect(
    (await api(sandbox, "GET", "calendars/primary/events", { token: answer.body.access_token })).status,
  ).toBe(200);
});

test("11. a user can untick a scope; the answer's scope lacks it and API calls answer 403", async () => {
  const sandbox = await oauthSandbox();
  const { body } = await exchange(sandbox, await consent(sandbox, {}, { scopes: [LIST_SCOPE] }));
  expect(body.scope.split(" ")).toEqual([
    "openid",
    "https://www.googleapis.com/auth/userinfo.email",
    LIST_SCOPE,
  ]);
  expect((await api(sandbox, "GET", "users/me/calendarList", { token: body.access_token })).status).toBe(200);
  expect((await api(sandbox, "GET", "calendars/primary/events", { token: body.access_token })).status).toBe(
    403,
  );
});

test("12. include_granted_scopes=true yields a token whose scope is the union", async () => {
  const sandbox = await oauthSandbox();
  await consent(sandbox, { scope: EVENTS_SCOPE });
  const alone = await exchange(sandbox, await consent(sandbox, { scope: LIST_SCOPE }));
  const union = await exchange(
    sandbox,
    await consent(sandbox, { scope: LIST_SCOPE, include_granted_scopes: "true" }),
  );
  expect(alone.body.scope).toBe(LIST_SCOPE);
  expect(union.body.scope.split(" ").sort()).toEqual([LIST_SCOPE, EVENTS_SCOPE].sort());
});

test("13. the 101st refresh token for an account and client invalidates the first silently", async () => {
  const sandbox = await oauthSandbox();
  const issue = () => sandbox.google.issueToken({ email: HOST, clientId: CLIENT.clientId }).refreshToken;
  const first = issue();
  const second = issue();
  for (let count = 3; count <= 100; count += 1) issue();
  expect((await refresh(sandbox, first)).status).toBe(200);
  issue();
  expect((await refresh(sandbox, first)).body.error).toBe("invalid_grant");
  expect((await refresh(sandbox, second)).status).toBe(200);
});

test("14. testing mode kills refresh tokens seven simulated days after consent", async () => {
  const sandbox = await oauthSandbox({ testing: true });
  const refreshToken = await connect(sandbox);
  sandbox.google.advanceTime(7 * DAY_MS - 1000);
  expect((await refresh(sandbox, refreshToken)).status).toBe(200);
  sandbox.google.advanceTime(1000);
  expect((await refresh(sandbox, refreshToken)).body).toEqual({
    error: "invalid_grant",
    error_description: "Token has been expired or revoked.",
  });
});

test("15. six idle months kill a refresh token, use keeps it alive", async () => {
  const sandbox = await oauthSandbox();
  const used = await connect(sandbox);
  const idle = await connect(sandbox);
  sandbox.google.advanceTime(100 * DAY_MS);
  expect((await refresh(sandbox, used)).status).toBe(200);
  sandbox.google.advanceTime(100 * DAY_MS);
  expect((await refresh(sandbox, used)).status).toBe(200);
  expect((await refresh(sandbox, idle)).body.error).toBe("invalid_grant");
});

test("17. revoking any token of a user invalidates all tokens of the project for that user", async () => {
  const sandbox = await oauthSandbox({ projectId: "project" });
  const { google } = sandbox;
  google.addClient({ clientId: "sibling", clientSecret: "s", redirectUris: [], projectId: "project" });
  const own = google.issueToken({ email: HOST, clientId: CLIENT.clientId });
  const sibling = google.issueToken({ email: HOST, clientId: "sibling" });
  const other = google.issueToken({ email: GUEST, clientId: CLIENT.clientId });
  const revoke = (value: string) =>
    fetch(`${sandbox.url}/revoke`, { method: "POST", body: new URLSearchParams({ token: value }) });

  expect((await revoke(own.accessToken)).status).toBe(200);

  expect((await refresh(sandbox, own.refreshToken)).body.error).toBe("invalid_grant");
  for (const { accessToken } of [own, sibling]) {
    expect((await api(sandbox, "GET", "users/me/calendarList", { token: accessToken })).status).toBe(401);
  }
  expect((await refresh(sandbox, other.refreshToken)).status).toBe(200);
  const unknown = await revoke(own.accessToken);
  expect([unknown.status, ((await unknown.json()) as { error: string }).error]).toEqual([
    400,
    "invalid_token",
  ]);
});

test("19. an expired or deleted client answers 401 invalid_client or deleted_client for every user at once", async () => {
  const sandbox = await oauthSandbox();
  const tokens = [HOST, GUEST].map(
    (email) => sandbox.google.issueToken({ email, clientId: CLIENT.clientId }).refreshToken,
  );
  const outcomes = async () =>
    Promise.all(
      tokens.map(async (refreshToken) => {
        const { status, body } = await refresh(sandbox, refreshToken);
        return `${status} ${body.error ?? "ok"}`;
      }),
    );

  sandbox.google.setClientStatus(CLIENT.clientId, "expired");
  expect(await outcomes()).toEqual(["401 invalid_client", "401 invalid_client"]);
  sandbox.google.setClientStatus(CLIENT.clientId, "deleted");
  expect(await outcomes()).toEqual(["401 deleted_client", "401 deleted_client"]);
  sandbox.google.setClientStatus(CLIENT.clientId, "active");
  expect(await outcomes()).toEqual(["200 ok", "200 ok"]);
  expect((await token(sandbox, { grant_type: "refresh_token", client_secret: "wrong" })).body.error).toBe(
    "invalid_client",
  );
});

test("21. expires_in varies, and a token is refused with 401 after it", async () => {
  const sandbox = await oauthSandbox();
  sandbox.google.faults.set({ accessTokenLifetimeSeconds: [1800, 3599] });
  const refreshToken = await connect(sandbox);
  const first = (await refresh(sandbox, refreshToken)).body;
  const second = (await refresh(sandbox, refreshToken)).body;
  expect(first.expires_in).not.toBe(second.expires_in);

  const call = () => api(sandbox, "GET", "calendars/primary/events", { token: first.access_token });
  sandbox.google.advanceTime(first.expires_in * 1000 - 1);
  expect((await call()).status).toBe(200);
  sandbox.google.advanceTime(1);
  expect((await call()).status).toBe(401);
});

test("23. 429 and 5xx from the token endpoint leave the grant intact", async () => {
  const sandbox = await oauthSandbox();
  const refreshToken = await connect(sandbox);
  sandbox.google.faults.add({ fault: "serverError", method: "oauth2.token", status: 500, times: 1 });
  expect((await refresh(sandbox, refreshToken)).status).toBe(500);
  sandbox.google.faults.add({ fault: "rateLimit", method: "oauth2.token", times: 1 });
  expect((await refresh(sandbox, refreshToken)).status).toBe(429);
  expect((await refresh(sandbox, refreshToken)).status).toBe(200);
});

test("26. the token endpoint requires a form body", async () => {
  const sandbox = await oauthSandbox();
  const refreshToken = await connect(sandbox);
  const response = await fetch(`${sandbox.url}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    }),
  });
  expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
    400,
    "invalid_request",
  ]);
});

test("27. refresh_token_expires_in appears for time-limited grants and is honoured", async () => {
  const sandbox = await oauthSandbox();
  sandbox.google.faults.set({ timeLimitedGrantSeconds: 30 * 86_400 });
  const { body } = await exchange(sandbox, await consent(sandbox));
  expect(body.refresh_token_expires_in).toBe(30 * 86_400);
  sandbox.google.advanceTime(29 * DAY_MS);
  expect((await refresh(sandbox, body.refresh_token)).body.refresh_token_expires_in).toBe(86_400);
  sandbox.google.advanceTime(DAY_MS);
  expect((await refresh(sandbox, body.refresh_token)).body.error).toBe("invalid_grant");
});

test("the id_token is signed with a published key and names the account by sub", async () => {
  const sandbox = await testSandbox({ googleClients: [CLIENT], clock: () => new Date() });
  const { body } = await exchange(sandbox, await consent(sandbox, { nonce: "nonce-1" }));
  const keys = createLocalJWKSet(
    (await (await fetch(`${sandbox.url}/oauth2/v3/certs`)).json()) as JSONWebKeySet,
  );
  const { payload } = await jwtVerify(body.id_token, keys, {
    issuer: "https://accounts.google.com",
    audience: CLIENT.clientId,
  });
  const account = sandbox.google.accounts().find(({ email }) => email === HOST);
  expect(payload).toMatchObject({ sub: account?.sub, email: HOST, email_verified: true, nonce: "nonce-1" });
});

test("the consent page is labelled as a sandbox and lets a person choose or type an account", async () => {
  const sandbox = await oauthSandbox();
  const page = await (await authorize(sandbox, { login_hint: GUEST })).text();
  expect(page).toContain("calsync sandbox — not Google");
  expect(page).toMatch(new RegExp(`value="${GUEST}" checked`));
  expect(page).toContain(">Allow</button>");
  expect(page).toContain(">Cancel</button>");

  const request = /name="request" value="([^"]+)"/.exec(page)?.[1] as string;
  const form = new URLSearchParams({ request, account: "", email: "New@Example.com", decision: "allow" });
  const submit = () =>
    fetch(`${sandbox.url}/o/oauth2/v2/auth/consent`, { method: "POST", body: form, redirect: "manual" });
  expect((await submit()).status).toBe(302);
  expect(sandbox.google.accounts().map(({ email }) => email)).toContain("new@example.com");
  // A consent page is answered once.
  expect((await submit()).status).toBe(400);
});
