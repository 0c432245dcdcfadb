import { CaldavClient, type CaldavTestServer, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import type { FormOutcome, ServiceDependencies } from "@calsync/types";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CaldavPreset, createFormFlow } from "./connect.ts";

// Servers are processes and sockets: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const USER = "cora@people.example";
const ANY_SERVER: CaldavPreset = { serverUrl: null, passwordHint: "Make an app password." };
const OPEN: Omit<ServiceDependencies, "credential"> = {
  settings: { allowedHosts: ["127.0.0.1"] },
  now: () => new Date(),
  log: { debug: () => undefined, warn: () => undefined },
};

let server: MemoryCaldavServer;
beforeEach(async () => {
  server = await MemoryCaldavServer.start();
  await CaldavClient.makeCalendar(server, USER, "work");
});
afterEach(() => server.close());

function connect(
  values: Record<string, string>,
  more: { preset?: CaldavPreset; stored?: Record<string, unknown>; settings?: object } = {},
): Promise<FormOutcome> {
  const { preset = ANY_SERVER, stored = null, settings = OPEN.settings } = more;
  return createFormFlow(preset, { ...OPEN, settings }).connect({ values, stored, timeZone: "UTC" });
}
const filled = (at: CaldavTestServer) => ({ serverUrl: at.url, username: USER, password: "secret" });

test("an account is named by its principal, and brings the addresses under which it is invited", async () => {
  expect(await connect(filled(server))).toEqual({
    grant: {
      secret: { ...filled(server), addresses: [USER] },
      accountId: `${server.url}/principals/${encodeURIComponent(USER)}/`,
      accountEmail: USER,
      accountName: null,
    },
  });
});

test("a refused password is said at its field, with what to do", async () => {
  expect(await connect({ ...filled(server), password: "wrong" })).toMatchObject({
    problems: [{ code: "secret_refused", field: "password", hint: "Make an app password." }],
  });
});

test.each([
  ["nothing", { serverUrl: "", username: "", password: "" }, ["serverUrl", "username", "password"]],
  ["no address", { serverUrl: "http://", username: USER, password: "secret" }, ["serverUrl"]],
  ["another protocol", { serverUrl: "ftp://x.example", username: USER, password: "x" }, ["serverUrl"]],
])(
  "what cannot be an account (%s) is told field by field, and nobody is called",
  async (_, values, fields) => {
    const outcome = await connect(values);
    expect("problems" in outcome && outcome.problems.map(({ code, field }) => [code, field])).toEqual(
      fields.map((field) => ["field_invalid", field]),
    );
    // Only its own making of the calendar.
    expect(server.requests).toEqual([expect.stringMatching(/^MKCALENDAR /)]);
  },
);

describe("an address", () => {
  test("in a private network is not called unless the operator allows it", async () => {
    expect(await connect(filled(server), { settings: {} })).toMatchObject({
      problems: [{ code: "address_not_allowed", field: "serverUrl" }],
    });
    const named = { ...filled(server), serverUrl: "https://10.1.2.3/dav" };
    expect(await connect(named)).toMatchObject({ problems: [{ code: "address_not_allowed" }] });
  });

  test("at which nobody answers is said to be wrong, not the password", async () => {
    const gone = { ...filled(server), serverUrl: "http://127.0.0.1:9" };
    expect(await connect(gone)).toMatchObject({
      problems: [{ code: "address_unreachable", field: "serverUrl" }],
    });
  });

  test("at which something else answers is no calendar", async () => {
    const elsewhere = { ...filled(server), serverUrl: `${server.url}/nothing/here` };
    server.wellKnown = false;
    expect(await connect(elsewhere)).toMatchObject({
      problems: [{ code: "address_not_a_calendar", field: "serverUrl" }],
    });
  });

  test("may lie anywhere on the server, as long as its well-known one leads on", async () => {
    const elsewhere = { ...filled(server), serverUrl: `${server.url}/nothing/here` };
    expect(await connect(elsewhere)).toMatchObject({ grant: { accountEmail: USER } });
  });

  test("of a server that is out of order is nobody's mistake", async () => {
    server.breakDown();
    await expect(connect(filled(server))).rejects.toMatchObject({ code: "CALENDAR_API_ERROR" });
  });
});

test("an account that is connected again needs its password only", async () => {
  server.setPassword(USER, "another");
  const stored = { ...filled(server), addresses: [USER] };
  expect(await connect({ password: "another" }, { stored })).toMatchObject({
    grant: { secret: { ...stored, password: "another" } },
  });
});

test("a preset knows its server, whatever is sent in the address's place", async () => {
  const preset = { ...ANY_SERVER, serverUrl: server.url };
  for (const more of [{}, { serverUrl: "https://elsewhere.example/" }]) {
    const outcome = await connect({ username: USER, password: "secret", ...more }, { preset });
    expect(outcome).toMatchObject({ grant: { secret: { serverUrl: server.url } } });
  }
});

test("a preset looks below the address that was filled in first, and at the address itself then", async () => {
  const preset = { ...ANY_SERVER, paths: ["remote.php/dav/"] };
  server.wellKnown = false;
  expect(await connect(filled(server), { preset })).toMatchObject({
    grant: { secret: { serverUrl: server.url } },
  });
  expect(server.requests.some((request) => request.includes("remote.php/dav"))).toBe(true);
});
