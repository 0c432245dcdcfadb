import { createCredentialStore } from "@calsync/calendar-connections";
import { createSecretBox } from "@calsync/lib";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ApiWorld,
  behindProxy,
  consent,
  createApiWorld,
  type SignedIn,
  WEB_URL,
} from "../test-support/api-world.ts";

const CALLBACK = `${WEB_URL}/api/v1/oauth/googlecalendar/callback`;

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld();
});
afterAll(() => world.close());

async function authorize(user: SignedIn, body?: object): Promise<string> {
  const answer = await user.send("POST", "/v1/connections/googlecalendar/authorize", body ?? {});
  expect(answer.statusCode).toBe(200);
  return answer.json().url;
}

/** Connects a Google account as a person does. @returns the connection's id */
async function connect(user: SignedIn, email: string): Promise<number> {
  const back = await consent(await authorize(user), { email });
  const landed = await user.get(behindProxy(back));
  expect(landed.statusCode).toBe(302);
  const url = new URL(landed.headers.location ?? "");
  expect(url.origin + url.pathname).toBe(`${WEB_URL}/settings/calendars`);
  return Number(url.searchParams.get("connected"));
}

test("a host connects a Google account through the consent page, and chooses calendars", async () => {
  const { google } = world.sandbox;
  google.createAccount({ email: "dana@gmail.test", timeZone: "Europe/Berlin" });
  const team = google.createCalendar({ email: "dana@gmail.test", summary: "Team" });
  const user = await world.signUp("dana");
  expect((await user.get("/v1/providers")).json().providers).toContainEqual({
    slug: "googlecalendar",
    name: "Google Calendar",
    auth: "oauth",
    configured: true,
    form: null,
    tables: false,
  });

  const url = new URL(await authorize(user, { returnTo: "/welcome" }));
  expect(url.searchParams.get("redirect_uri")).toBe(CALLBACK);
  const back = await consent(url.href, { email: "dana@gmail.test" });
  expect(back.href.startsWith(CALLBACK)).toBe(true);
  const landed = await user.get(behindProxy(back));
  const { connections } = (await user.get("/v1/connections")).json();
  expect(connections).toEqual([
    expect.objectContaining({
      provider: "googlecalendar",
      accountEmail: "dana@gmail.test",
      status: "active",
      calendarCount: 0,
    }),
  ]);
  const [{ id }] = connections;
  expect(landed.headers.location).toBe(`${WEB_URL}/welcome?connected=${id}`);

  const calendars = (await user.get(`/v1/connections/${id}/calendars`)).json().calendars;
  expect(calendars.map((calendar: { name: string }) => calendar.name)).toEqual(["dana@gmail.test", "Team"]);
  const selected = await user.send("PUT", `/v1/connections/${id}/selected`, {
    calendarIds: ["dana@gmail.test", team],
  });
  expect(selected.statusCode).toBe(200);
  const chosen = await user.send("PUT", "/v1/destination", { connectionId: id, calendarId: team });
  expect(chosen.json().destination).toMatchObject({
    connectionId: id,
    calendarId: team,
    name: "Team",
    eventTypeId: null,
  });
  expect((await user.get("/v1/destination")).json().destination).toEqual(chosen.json().destination);

  const status = (await user.get("/v1/sync/status")).json();
  expect(status.overall).toBe("working");
  expect(status.calendars).toHaveLength(2);
  const teamStatus = status.calendars.find((calendar: { name: string }) => calendar.name === "Team");
  expect(teamStatus).toMatchObject({ status: "initial", notifications: "pending" });
  expect(teamStatus.usedFor.toSorted()).toEqual(["busy times", "destination"]);
});

test("tokens are neither in the database in the clear, nor in a log line, nor in an answer", async () => {
  const user = await world.signUp("tess");
  world.sandbox.google.createAccount({ email: "tess@gmail.test" });
  const id = await connect(user, "tess@gmail.test");
  const row = await world.database.prisma.credential.findUniqueOrThrow({ where: { id } });
  expect(row.secret).toMatch(/^k1\.[\w-]+\.[\w-]+\.[\w-]+$/);
  const answers = await Promise.all(
    ["/v1/connections", `/v1/connections/${id}/calendars`].map((url) => user.get(url)),
  );
  for (const text of [...answers.map(({ body }) => body), world.logged()]) {
    expect(text).not.toMatch(/refresh_?token["\\]*:\s*["\\]+[^[\\"]/i);
    expect(text).not.toContain(row.secret);
  }
  // The callback's code and state are secrets until they are used, and addresses are logged.
  expect(world.logged()).not.toMatch(/[?&](code|state)=[^&\s"]{8,}/);
});

test("declining, and unticking what sync needs, lead back with a reason and connect nothing", async () => {
  const user = await world.signUp("otto");
  world.sandbox.google.createAccount({ email: "otto@gmail.test" });
  const outcomes = await Promise.all([
    consent(await authorize(user), { email: "otto@gmail.test", decision: "cancel" }),
    consent(await authorize(user), {
      email: "otto@gmail.test",
      scopes: (offered) => offered.filter((scope) => !scope.endsWith("calendar.events")),
    }),
  ]);
  const reasons = await Promise.all(
    outcomes.map(async (back) => {
      const { searchParams } = new URL((await user.get(behindProxy(back))).headers.location ?? "");
      return [searchParams.get("error"), searchParams.get("missing")];
    }),
  );
  expect(reasons).toEqual([
    ["consent_declined", null],
    ["missing_scopes", "events"],
  ]);
  expect((await user.get("/v1/connections")).json().connections).toEqual([]);
});

test("a callback in somebody else's browser connects nothing to them", async () => {
  const user = await world.signUp("lena");
  const attacker = await world.signUp("mallory");
  world.sandbox.google.createAccount({ email: "mallory@gmail.test" });
  const back = behindProxy(await consent(await authorize(attacker), { email: "mallory@gmail.test" }));
  const landed = await user.get(back);
  expect(landed.headers.location).toBe(`${WEB_URL}/settings/calendars?error=oauth_state_unknown`);
  expect((await user.get("/v1/connections")).json().connections).toEqual([]);
  const nobody = await world.app.inject({ url: back });
  expect(nobody.headers.location).toContain(`${WEB_URL}/login`);
});

test("starting a flow needs no body", async () => {
  const user = await world.signUp("bodyless");
  const answer = await user.send("POST", "/v1/connections/googlecalendar/authorize");
  expect(answer.statusCode).toBe(200);
  expect((await user.send("POST", "/v1/connections/nothere/authorize")).json()).toMatchObject({
    status: 404,
    code: "provider_not_found",
  });
});

test("nobody reaches another's connection", async () => {
  const owner = await world.signUp("vera");
  world.sandbox.google.createAccount({ email: "vera@gmail.test" });
  const id = await connect(owner, "vera@gmail.test");
  await owner.send("PUT", `/v1/connections/${id}/selected`, { calendarIds: ["vera@gmail.test"] });
  const [{ id: calendarId }] = (await owner.get("/v1/sync/status")).json().calendars;
  const stranger = await world.signUp("stranger");
  const answers = await Promise.all([
    stranger.get(`/v1/connections/${id}/calendars`),
    stranger.send("PUT", `/v1/connections/${id}/selected`, { calendarIds: [] }),
    stranger.send("PUT", "/v1/destination", { connectionId: id, calendarId: "vera@gmail.test" }),
    stranger.send("DELETE", `/v1/connections/${id}`),
    stranger.send("POST", `/v1/sync/calendars/${calendarId}/pull`),
  ]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404, 404, 404]);
  expect((await stranger.get("/v1/sync/status")).json()).toEqual({ calendars: [], overall: "ok" });
  expect((await owner.send("POST", `/v1/sync/calendars/${calendarId}/pull`)).statusCode).toBe(202);
});

test("disconnecting ends the grant at Google", async () => {
  const user = await world.signUp("paul");
  world.sandbox.google.createAccount({ email: "paul@gmail.test" });
  const id = await connect(user, "paul@gmail.test");
  const { access } = await openAccess(id);
  const { accessToken } = await access.read();
  const list = () =>
    fetch(`${world.sandbox.google.url}/calendar/v3/users/me/calendarList`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
  expect((await list()).status).toBe(200);
  expect((await user.send("DELETE", `/v1/connections/${id}`)).statusCode).toBe(204);
  expect((await list()).status).toBe(401);
  expect((await user.get("/v1/connections")).json().connections).toEqual([]);
});

test("a grant that Google has ended shows as a connection to be mended, and connecting again mends it", async () => {
  const user = await world.signUp("rita");
  world.sandbox.google.createAccount({ email: "rita@gmail.test" });
  const id = await connect(user, "rita@gmail.test");
  const { access } = await openAccess(id);
  const { refreshToken } = await access.read();
  await fetch(`${world.sandbox.google.url}/revoke`, {
    method: "POST",
    body: new URLSearchParams({ token: String(refreshToken) }),
  });
  const refused = await user.get(`/v1/connections/${id}/calendars`);
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toMatchObject({ code: "connection_invalid", hint: "Connect the account again." });
  expect((await user.get("/v1/connections")).json().connections[0]).toMatchObject({ id, status: "invalid" });
  expect(await connect(user, "rita@gmail.test")).toBe(id);
  expect((await user.get(`/v1/connections/${id}/calendars`)).statusCode).toBe(200);
});

function openAccess(credentialId: number) {
  const { container, database } = world;
  const secretBox = createSecretBox({ keys: container.env.ENCRYPTION_KEYS, current: "k1" });
  return createCredentialStore({ prisma: database.prisma, secretBox, now: container.now }).open(credentialId);
}
