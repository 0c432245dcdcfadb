import { loadProvider } from "@calsync/app-store";
import { type CallStats, type Sandbox, startSandbox, trustAuthority } from "@calsync/provider-sandbox";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { CalendarEvent, CalendarService, CredentialSecret } from "@calsync/types";
import { GOOGLE_CLIENT, MICROSOFT_APP } from "../test/support/api-environment.ts";
import type { BenchGroup, Figure } from "./group.bench.ts";

const LISTED = 200;
const WINDOW = { start: new Date("2027-01-01T00:00:00Z"), end: new Date("2027-12-01T00:00:00Z") };
const EVENT: CalendarEvent = {
  title: "Consultation",
  description: "About the plan",
  location: "Room 4",
  time: {
    allDay: false,
    start: "2027-06-08T10:00:00.000Z",
    end: "2027-06-08T11:00:00.000Z",
    timeZone: "Europe/Berlin",
  },
  attendees: [],
  recurrence: null,
  transparency: "busy",
  visibility: "default",
  iCalUid: "bench@calsync.example",
  sequence: 0,
  marker: "bench",
};

/** An account at a simulator, with the calls that it has answered. */
interface Subject {
  provider: string;
  service: CalendarService;
  calendarId: string;
  stats: CallStats;
  /** A person makes an event on the so-manieth day of the year. */
  place(day: number): void;
}

/** What things cost at providers, in the requests that their quotas count; a request within a batch counts as one. */
export const callsBench: BenchGroup = {
  name: "calls",
  async run(world) {
    world.say(`calls: requests per pull and per change, ${LISTED} events`);
    const sandbox = await startSandbox({
      graphPort: 0,
      googleClients: [GOOGLE_CLIENT],
      graphApps: [MICROSOFT_APP],
    });
    trustAuthority(sandbox.graph.ca);
    try {
      const figures: Figure[] = [];
      for (const subject of [await googleSubject(sandbox), await outlookSubject(sandbox)]) {
        figures.push(...(await measure(subject)));
      }
      return figures;
    } finally {
      await sandbox.close();
    }
  },
};

async function measure({ provider, service, calendarId, stats, place }: Subject): Promise<Figure[]> {
  const figures: Figure[] = [];
  const count = async <T>(label: string, action: () => Promise<T>): Promise<T> => {
    stats.reset();
    const done = await action();
    const requests = Object.entries(stats.calls).filter(([method]) => !/batch/i.test(method));
    const value = requests.reduce((sum, [, calls]) => sum + calls, 0);
    const note = requests
      .map(([method, calls]) => `${calls} ${method.split(".").slice(-2).join(".")}`)
      .join(", ");
    figures.push({ label: `${provider}: ${label}`, value, unit: "req", note });
    return done;
  };
  const pull = async (cursor: string | null): Promise<string> => {
    let at = cursor ?? "";
    for await (const page of service.onWatchedCalendarChange(calendarId, cursor, {
      window: WINDOW,
      pageSize: 250,
    })) {
      at = page.cursor;
    }
    return at;
  };
  for (let day = 0; day < LISTED; day++) place(day);
  let cursor = await count(`${LISTED} events of others listed`, () => pull(null));
  cursor = await count("a pull that finds nothing", () => pull(cursor));
  place(10);
  cursor = await count("a pull that finds one change", () => pull(cursor));
  for (let day = 20; day < 30; day++) place(day);
  await count("a pull that finds ten changes", () => pull(cursor));
  const made = await count("an event created", () =>
    service.createEvent(calendarId, EVENT, "bench-key-0001"),
  );
  const ref = { calendarId, eventId: made.eventId };
  const changed = await count("an event updated", () =>
    service.updateEvent(ref, { ...EVENT, title: "Moved" }, made.version),
  );
  await count("an event deleted", () => service.deleteEvent(ref, changed.version));
  await count("busy times of a month", () =>
    service.getFreeBusy([calendarId], { start: WINDOW.start, end: new Date("2027-02-01T00:00:00Z") }),
  );
  return figures;
}

async function serviceOf(slug: string, settings: object, secret: CredentialSecret): Promise<CalendarService> {
  const log = { debug: () => undefined, warn: () => undefined };
  const credential = new MemoryCredential(secret);
  return (await loadProvider(slug)).createService({ credential, settings, now: () => new Date(), log });
}

async function googleSubject({ google }: Sandbox): Promise<Subject> {
  const email = "bench@gmail.test";
  google.createAccount({ email, timeZone: "Europe/Berlin" });
  const { clientId, clientSecret } = GOOGLE_CLIENT;
  const {
    accessToken,
    expiresAt: accessTokenExpiresAt,
    refreshToken,
    scopes,
  } = google.issueToken({ email, clientId });
  const secret = {
    accessToken,
    accessTokenExpiresAt,
    refreshToken,
    scope: scopes.join(" "),
    grantEndsAt: null,
  };
  const settings = { clientId, clientSecret, apiUrl: google.url, tokenUrl: `${google.url}/token` };
  return {
    provider: "Google",
    service: await serviceOf("googlecalendar", settings, secret),
    calendarId: email,
    stats: google.stats,
    place: (day) => {
      const { start, end } = hoursOf(day);
      google.putEvent(email, "primary", { start: { dateTime: start }, end: { dateTime: end } });
    },
  };
}

async function outlookSubject({ graph }: Sandbox): Promise<Subject> {
  const email = "bench@contoso.test";
  graph.createAccount({ email, timeZone: "Europe/Berlin" });
  const { clientId, clientSecret } = MICROSOFT_APP;
  const {
    accessToken,
    expiresAt: accessTokenExpiresAt,
    refreshToken,
    scopes,
  } = graph.issueToken({ email, clientId });
  const secret = { accessToken, accessTokenExpiresAt, refreshToken, scope: scopes.join(" "), account: email };
  const settings = { clientId, clientSecret, apiUrl: graph.url, loginUrl: graph.loginUrl };
  return {
    provider: "Outlook",
    service: await serviceOf("office365calendar", settings, secret),
    calendarId: graph.calendars(email)[0]?.id ?? "",
    stats: graph.stats,
    place: (day) => {
      const { start, end } = hoursOf(day);
      const utc = (at: string) => ({ dateTime: at.slice(0, -1), timeZone: "UTC" });
      graph.putEvent(email, "primary", { start: utc(start), end: utc(end) });
    },
  };
}

function hoursOf(day: number): { start: string; end: string } {
  const at = (hours: number) =>
    new Date(WINDOW.start.getTime() + (day * 24 + hours) * 3_600_000).toISOString();
  return { start: at(9), end: at(10) };
}
