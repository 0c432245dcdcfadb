import { createHash } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { createLocalJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { registerIdentityPlatform } from "../routes.ts";
import { api, HOST, PERSON, refusal, type TestSandbox, testSandbox } from "../test-support.ts";

const APP = {
  clientId: "00000000-aaaa-4000-8000-000000000001",
  clientSecret: "top-secret",
  redirectUris: ["http://localhost:3001/callback"],
  spaRedirectUris: ["http://localhost:3001/spa"],
};
const REDIRECT = APP.redirectUris[0] as string;
const SCOPE = "profile email offline_access User.Read Calendars.ReadWrite";
const DAY_MS = 86_400_000;

interface Sandbox extends TestSandbox {
  app: FastifyInstance;
}

/** What an endpoint answered. */
interface Reply {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any part of an answer
  json: () => any;
  location: URL | null;
}

async function appSandbox(): Promise<Sandbox> {
  const sandbox = await testSandbox({ graphApps: [APP] });
  const app = fastify();
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
  registerIdentityPlatform(app, sandbox.graph);
  return { ...sandbox, app };
}

/** A GET, or with a form a POST. */
async function call({ app }: Sandbox, path: string, form?: Record<string, string>): Promise<Reply> {
  const answer = await app.inject({
    url: `/microsoft/${path}`,
    ...(form
      ? {
          method: "POST" as const,
          headers: { "content-type": "application/x-www-form-urlencoded" },
          payload: String(new URLSearchParams(form)),
        }
      : {}),
  });
  const { location } = answer.headers;
  return {
    status: answer.statusCode,
    text: answer.body,
    json: () => answer.json(),
    location: location ? new URL(String(location)) : null,
  };
}

/** Opens the sign-in page; gives the waiting request's id, or the redirect or error page in its place. */
async function open(sandbox: Sandbox, query: Record<string, string> = {}, tenant = "common") {
  const all = new URLSearchParams({
    client_id: APP.clientId,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: SCOPE,
    state: "s p+ä",
    ...query,
  });
  const { status, text, location } = await call(sandbox, `${tenant}/oauth2/v2.0/authorize?${all}`);
  return { status, page: text, location, request: /name="request" value="([^"]+)"/.exec(text)?.[1] ?? "" };
}

async function decide(sandbox: Sandbox, request: string, email: string, decision = "accept") {
  const { status, location } = await call(sandbox, "consent", { request, account: email, decision });
  return { status, query: location?.searchParams ?? null };
}

/** Signs in and gives the code. */
async function codeFor(sandbox: Sandbox, email: string, query: Record<string, string> = {}): Promise<string> {
  const { request } = await open(sandbox, query);
  const { query: answer } = await decide(sandbox, request, email);
  return answer?.get("code") ?? "";
}

async function token(sandbox: Sandbox, fields: Record<string, string>, tenant = "common") {
  const secret = { client_id: APP.clientId, client_secret: APP.clientSecret, ...fields };
  const answer = await call(sandbox, `${tenant}/oauth2/v2.0/token`, secret);
  return { status: answer.status, body: answer.json() };
}

function exchange(sandbox: Sandbox, code: string, fields: Record<string, string> = {}) {
  return token(sandbox, { grant_type: "authorization_code", code, redirect_uri: REDIRECT, ...fields });
}

function refresh(sandbox: Sandbox, refreshToken: string, fields: Record<string, string> = {}) {
  return token(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken, ...fields });
}

test("1. the authorize endpoint rejects an unregistered redirect_uri and an unknown app without redirecting", async () => {
  const sandbox = await appSandbox();
  const foreign = await open(sandbox, { redirect_uri: "http://localhost:3001/other" });
  expect([foreign.status, foreign.location]).toEqual([400, null]);
  expect(foreign.page).toContain("AADSTS50011");
  expect((await open(sandbox, { client_id: "nobody" })).page).toContain("AADSTS700016");
});

test("2. state is echoed unchanged; access_denied is redirected with it", async () => {
  const sandbox = await appSandbox();
  const accepted = await decide(sandbox, (await open(sandbox)).request, HOST);
  expect(accepted.query?.get("state")).toBe("s p+ä");
  const declined = await decide(sandbox, (await open(sandbox)).request, HOST, "cancel");
  expect([declined.query?.get("error"), declined.query?.get("state")]).toEqual(["access_denied", "s p+ä"]);
});

test("3. a code works once; the second exchange returns 400 invalid_grant", async () => {
  const sandbox = await appSandbox();
  const code = await codeFor(sandbox, HOST);
  const first = await exchange(sandbox, code);
  expect(first.body).toMatchObject({
    token_type: "Bearer",
    scope: "profile email User.Read Calendars.ReadWrite",
    access_token: expect.any(String),
    refresh_token: expect.any(String),
  });
  const second = await exchange(sandbox, code);
  expect([second.status, second.body.error]).toEqual([400, "invalid_grant"]);
});

test("4. a wrong or missing code_verifier returns invalid_grant", async () => {
  const sandbox = await appSandbox();
  const verifier = "v".repeat(50);
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const pkce = { code_challenge: challenge, code_challenge_method: "S256" };
  for (const fields of [{}, { code_verifier: "w".repeat(50) }] as Record<string, string>[]) {
    const answer = await exchange(sandbox, await codeFor(sandbox, HOST, pkce), fields);
    expect(answer.body.error).toBe("invalid_grant");
  }
  const right = await exchange(sandbox, await codeFor(sandbox, HOST, pkce), { code_verifier: verifier });
  expect(right.status).toBe(200);
});

test("8. refresh answers carry a new token and the old keeps working until its own expiry (switch: reuse ends the sign-in)", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  const next = (await refresh(sandbox, body.refresh_token)).body.refresh_token;
  expect(next).not.toBe(body.refresh_token);
  expect((await refresh(sandbox, body.refresh_token)).status).toBe(200);

  sandbox.graph.faults.set({ refreshTokenReuse: "revokes" });
  expect((await refresh(sandbox, body.refresh_token)).body.error).toBe("invalid_grant");
  expect((await refresh(sandbox, next)).body.error).toBe("invalid_grant");
});

test("10. without offline_access there is no refresh token", async () => {
  const sandbox = await appSandbox();
  const code = await codeFor(sandbox, HOST, { scope: "openid Calendars.Read" });
  expect((await exchange(sandbox, code)).body.refresh_token).toBeUndefined();
});

test("15. 90 idle days kill a refresh token with code 700082; use within them starts the days again", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  sandbox.graph.advanceTime(80 * DAY_MS);
  const next = await refresh(sandbox, body.refresh_token);
  sandbox.graph.advanceTime(80 * DAY_MS);
  expect((await refresh(sandbox, body.refresh_token)).body.error_codes).toEqual([700082]);
  expect((await refresh(sandbox, next.body.refresh_token)).status).toBe(200);
});

test("16. spa refresh tokens die after 24 h even if rotated", async () => {
  const sandbox = await appSandbox();
  const spa = { redirect_uri: APP.spaRedirectUris[0] as string };
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST, spa), spa);
  sandbox.graph.advanceTime(DAY_MS - 1000);
  const next = await refresh(sandbox, body.refresh_token);
  expect(next.status).toBe(200);
  sandbox.graph.advanceTime(1000);
  expect((await refresh(sandbox, next.body.refresh_token)).body.error_codes).toEqual([700084]);
});

test("18. revoke sessions kills refresh tokens (50173); a user's own password change does not", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  sandbox.graph.changePassword(HOST);
  expect((await refresh(sandbox, body.refresh_token)).status).toBe(200);
  sandbox.graph.revokeSessions(HOST);
  expect((await refresh(sandbox, body.refresh_token)).body.error_codes).toEqual([50173]);
});

test("19. an expired or deleted client returns 401 invalid_client for every user at once", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  for (const [status, code] of [
    ["expired", 7000222],
    ["deleted", 700016],
  ] as const) {
    sandbox.graph.setAppStatus(APP.clientId, status);
    const answer = await refresh(sandbox, body.refresh_token);
    expect([answer.status, answer.body.error, answer.body.error_codes]).toEqual([
      401,
      "invalid_client",
      [code],
    ]);
  }
  sandbox.graph.setAppStatus(APP.clientId, "active");
  expect((await refresh(sandbox, body.refresh_token)).status).toBe(200);
  const wrong = await refresh(sandbox, body.refresh_token, { client_secret: "guess" });
  expect(wrong.body.error_codes).toEqual([7000215]);
});

test("20. errors contain error_codes, trace_id, correlation_id and timestamp", async () => {
  const sandbox = await appSandbox();
  expect((await refresh(sandbox, "unknown")).body).toEqual({
    error: "invalid_grant",
    error_description: expect.stringMatching(/^AADSTS70000: .* Trace ID: .* Correlation ID: .* Timestamp: /),
    error_codes: [70000],
    timestamp: "2026-06-01 08:00:00Z",
    trace_id: expect.any(String),
    correlation_id: expect.any(String),
  });
});

test("21. expires_in varies; tokens are refused with 401 after it", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  const lifetimes = new Set([body.expires_in]);
  for (let count = 0; count < 4; count += 1)
    lifetimes.add((await refresh(sandbox, body.refresh_token)).body.expires_in);
  expect(lifetimes.size).toBeGreaterThan(1);

  const token = body.access_token;
  expect((await api(sandbox, "GET", "me/calendars", { token })).status).toBe(200);
  sandbox.graph.advanceTime(body.expires_in * 1000);
  expect(refusal(await api(sandbox, "GET", "me/calendars", { token }))).toEqual([
    401,
    "InvalidAuthenticationToken",
  ]);
});

test("22. a claims challenge 401 is lifted only by a token obtained with those claims", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  sandbox.graph.faults.add({ fault: "claimsChallenge", times: 1 });
  const challenged = await api(sandbox, "GET", "me/calendars", { token: body.access_token });
  const header = String(challenged.headers["www-authenticate"]);
  expect([challenged.status, header.includes('error="insufficient_claims"')]).toEqual([401, true]);
  const claims = Buffer.from(/claims="([^"]+)"/.exec(header)?.[1] ?? "", "base64").toString();

  const refreshed = await refresh(sandbox, body.refresh_token);
  const read = (accessToken: string) => api(sandbox, "GET", "me/calendars", { token: accessToken });
  expect((await read(refreshed.body.access_token)).status).toBe(401);
  const again = await exchange(sandbox, await codeFor(sandbox, HOST, { claims }));
  expect((await read(again.body.access_token)).status).toBe(200);
});

test("23. 429 and 5xx from the token endpoint leave the grant intact", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST));
  sandbox.graph.faults.add({ fault: "serverError", method: "graph.oauth2.token", times: 1 });
  sandbox.graph.faults.add({ fault: "rateLimit", method: "graph.oauth2.token", times: 1 });
  const statuses = [];
  for (let count = 0; count < 3; count += 1)
    statuses.push((await refresh(sandbox, body.refresh_token)).status);
  expect(statuses).toEqual([503, 429, 200]);
});

test("24. requests for scopes of two resources return a token for the first", async () => {
  const sandbox = await appSandbox();
  const scope = "https://graph.microsoft.com/Calendars.Read https://vault.azure.net/user_impersonation";
  const { body } = await exchange(sandbox, await codeFor(sandbox, HOST, { scope }));
  expect(body.scope).toBe("https://graph.microsoft.com/Calendars.Read");
  expect((await api(sandbox, "GET", "me/events", { token: body.access_token })).status).toBe(200);
});

test("25. tenant policy mode answers user consent for Calendars.* with consent_required until an administrator consents", async () => {
  const sandbox = await appSandbox();
  sandbox.graph.faults.set({ userConsent: "admin" });
  const refused = await decide(sandbox, (await open(sandbox)).request, HOST);
  expect(refused.query?.get("error")).toBe("consent_required");
  expect((await decide(sandbox, (await open(sandbox)).request, PERSON)).query?.get("code")).toBeTruthy();

  const form = { client_id: APP.clientId, redirect_uri: REDIRECT, state: "admin", tenant: "contoso.example" };
  const { tenant, ...query } = form;
  const page = await call(sandbox, `${tenant}/v2.0/adminconsent?${new URLSearchParams(query)}`);
  expect(page.text).toContain("Review for your organization");
  const answer = await call(sandbox, "adminconsent", { ...form, decision: "accept" });
  const consented = answer.location?.searchParams;
  expect([consented?.get("admin_consent"), consented?.get("state")]).toEqual(["True", "admin"]);
  expect((await decide(sandbox, (await open(sandbox)).request, HOST)).query?.get("code")).toBeTruthy();
});

test("26. a token request that is not a form is refused", async () => {
  const sandbox = await appSandbox();
  const answer = await sandbox.app.inject({
    method: "POST",
    url: "/microsoft/common/oauth2/v2.0/token",
    payload: { grant_type: "refresh_token" },
  });
  expect([answer.statusCode, answer.json().error]).toEqual([400, "invalid_request"]);
});

test("personal accounts sign in at consumers, work accounts at organizations and at their tenant", async () => {
  const sandbox = await appSandbox();
  const outcome = async (tenant: string, email: string) =>
    (await decide(sandbox, (await open(sandbox, {}, tenant)).request, email)).status;
  const [host, person] = sandbox.graph.accounts().filter(({ email }) => email === HOST || email === PERSON);
  expect(await outcome("consumers", PERSON)).toBe(302);
  expect(await outcome("consumers", HOST)).toBe(400);
  expect(await outcome("organizations", PERSON)).toBe(400);
  expect(await outcome(host?.tenantId ?? "", HOST)).toBe(302);
  expect(await outcome(person?.tenantId ?? "", HOST)).toBe(400);
});

test("the id_token names account and tenant, and is signed with the published key", async () => {
  const sandbox = await appSandbox();
  const { body } = await exchange(
    sandbox,
    await codeFor(sandbox, HOST, { nonce: "n1", scope: `openid ${SCOPE}` }),
  );
  const keys = (await call(sandbox, "common/discovery/v2.0/keys")).json();
  const account = sandbox.graph.accounts()[0];
  const { payload } = await jwtVerify(body.id_token, createLocalJWKSet(keys), {
    audience: APP.clientId,
    issuer: `https://login.microsoftonline.com/${account?.tenantId}/v2.0`,
    currentDate: new Date("2026-06-01T08:00:10Z"),
  });
  expect(payload).toMatchObject({ oid: account?.id, tid: account?.tenantId, nonce: "n1", email: HOST });
});

test("an application reaches every mailbox of a tenant that has consented, and no /me", async () => {
  const sandbox = await appSandbox();
  const ask = (tenant: string) =>
    token(
      sandbox,
      { grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default" },
      tenant,
    );
  expect((await ask("common")).body.error).toBe("invalid_request");
  expect((await ask("contoso.example")).body.error).toBe("unauthorized_client");
  sandbox.graph.consentForTenant(HOST, APP.clientId);
  const { body } = await ask("contoso.example");
  expect(body.refresh_token).toBeUndefined();

  const read = (path: string) => api(sandbox, "GET", path, { token: body.access_token });
  expect((await read(`users/${HOST}/events`)).status).toBe(200);
  expect((await read("me/events")).status).toBe(400);
  expect(refusal(await read(`users/${PERSON}/events`))).toEqual([404, "ErrorInvalidUser"]);
});

test("a scope that a token lacks is refused by Graph", async () => {
  const sandbox = await appSandbox();
  const { accessToken: token } = sandbox.graph.issueToken({ email: HOST, scopes: ["Calendars.Read"] });
  expect((await api(sandbox, "GET", "me/events", { token })).status).toBe(200);
  expect(refusal(await api(sandbox, "POST", "me/events", { token, body: {} }))).toEqual([
    403,
    "ErrorAccessDenied",
  ]);
});
