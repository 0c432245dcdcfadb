import { CaldavClient, type CaldavTestServer, MemoryCaldavServer } from "@calsync/testing/caldav-server";
import type { FormOutcome, ServiceDependencies } from "@calsync/types";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CaldavPreset, createFormFlow } from "./connect.ts";
import { domainOf, findService, type ServiceDirectory } from "./find-service.ts";

// Servers are processes and sockets: on a busy machine they take their time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const USER = "cora@people.example";
const ANY_SERVER: CaldavPreset = { serverUrl: null, passwordHint: "Make an app password." };
const OPEN: Omit<ServiceDependencies, "credential"> = {
  settings: { allowedHosts: ["127.0.0.1"] },
  now: () => new Date(),
  log: { debug: () => undefined, warn: () => undefined },
};

const NO_SERVICES: ServiceDirectory = {
  srv: () => Promise.reject(new Error("ENODATA")),
  txt: () => Promise.reject(new Error("ENODATA")),
};

let server: MemoryCaldavServer;
beforeEach(async () => {
  server = await MemoryCaldavServer.start();
  await CaldavClient.makeCalendar(server, USER, "work");
});
afterEach(() => server.close());

function connect(
  values: Record<string, string>,
  more: {
    preset?: CaldavPreset;
    stored?: Record<string, unknown>;
    settings?: object;
    directory?: ServiceDirectory;
  } = {},
): Promise<FormOutcome> {
  const { preset = ANY_SERVER, stored = null, settings = OPEN.settings, directory = NO_SERVICES } = more;
  const flow = createFormFlow(preset, { ...OPEN, settings }, directory);
  return flow.connect({ values, stored, timeZone: "UTC" });
}
const filled = (at: CaldavTestServer) => ({ serverUrl: at.url, username: USER, password: "secret" });

test("an account is named by its principal, and brings the addresses under which it is invited", async () => {
  expect(await connect(filled(server))).toEqual({
    grant: {
      secret: { ...filled(server), addresses: [USER], timeZone: "UTC" },
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

describe("a domain or mail address", () => {
  const record = (name: string, port = 443, priority = 0, weight = 0) => ({ name, port, priority, weight });
  const directory = (
    records: ReturnType<typeof record>[],
    texts: string[][] = [],
  ): ServiceDirectory & { asked: string[] } => {
    const asked: string[] = [];
    return {
      asked,
      srv: async (name) => {
        asked.push(name);
        return records;
      },
      txt: async () => texts,
    };
  };

  test.each([
    ["cora@people.example", "people.example"],
    ["People.Example", "people.example"],
    ["https://people.example", null],
    ["people.example/dav", null],
    ["people.example:8443", null],
    ["10.1.2.3", null],
    ["localhost", null],
    ["", null],
  ])("is what %j is, or is not", (typed, domain) => {
    expect(domainOf(typed)).toBe(domain);
  });

  test("leads to the server that its SRV record names, at the path beside it, the first in rank", async () => {
    const known = directory(
      [record("old.people.example", 443, 20), record("dav.people.example.", 8443, 10, 5)],
      [["unrelated"], ["path=/dav", "/home/"]],
    );
    expect(await findService("people.example", known)).toEqual({
      url: "https://dav.people.example:8443/dav/home/",
      within: true,
    });
    expect(known.asked).toEqual(["_caldavs._tcp.people.example"]);
    expect(await findService("people.example", directory([record("notpeople.example")]))).toMatchObject({
      within: false,
    });
  });

  test("that has no record, says that there is no service, or whose DNS is dead, is asked itself", async () => {
    expect(await findService("people.example", directory([]))).toBeNull();
    expect(await findService("people.example", directory([record(".")]))).toBeNull();
    expect(await findService("people.example", NO_SERVICES)).toBeNull();
  });

  test("is asked at the server of its record first, behind the same guard as every address", async () => {
    const values = { ...filled(server), serverUrl: "cora@people.invalid" };
    const named = directory([record("dav.people.invalid")]);
    expect(await connect(values, { directory: named })).toMatchObject({
      problems: [{ code: "address_unreachable", message: expect.stringContaining("dav.people.invalid") }],
    });
    const byNumber = { ...filled(server), serverUrl: "https://[::1]/" };
    expect(await connect(byNumber, { settings: {}, directory: named })).toMatchObject({
      problems: [{ code: "address_not_allowed" }],
    });
    expect(named.asked).toHaveLength(1);
  });

  test("whose calendars somebody else keeps is not sent there with a password: the person is told the address", async () => {
    const values = { ...filled(server), serverUrl: "cora@people.invalid" };
    const elsewhere = directory([record("caldav.host.example")]);
    expect(await connect(values, { directory: elsewhere })).toEqual({
      problems: [
        {
          code: "address_not_a_calendar",
          field: "serverUrl",
          message:
            "The calendars of people.invalid are kept at https://caldav.host.example/, as its domain says.",
          hint: "Fill in that address if it is your provider's.",
        },
      ],
    });
  });
});
