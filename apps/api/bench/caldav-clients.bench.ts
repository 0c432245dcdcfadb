import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadProvider } from "@calsync/app-store";
import { readCalendar } from "@calsync/icalendar";
import { CALDAV_PASSWORD } from "@calsync/testing/caldav-server";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { CalendarService, Cursor } from "@calsync/types";
import { createDAVClient } from "tsdav";
import { hour } from "./bookings.bench.ts";

/** A calendar at a server, with the account that it is read with. */
export interface CaldavAccount {
  serverUrl: string;
  username: string;
  calendarUrl: string;
}

/** A way to hold a copy of one CalDAV calendar. */
export interface CaldavReader {
  /** How it is called in the table. */
  readonly name: string;
  /** Takes in what there is, or what has changed since the last time. @returns how many events it has read */
  read(): Promise<number>;
  close(): Promise<void>;
}

export const ADAPTER = "calsync's adapter alone";
export const DOWNLOAD = "everything downloaded with tsdav";
export const VDIRSYNCER = "vdirsyncer";

const execute = promisify(execFile);

/** Our adapter alone: events in our own shape, kept nowhere. */
export async function ownAdapter({ serverUrl, username, calendarUrl }: CaldavAccount): Promise<CaldavReader> {
  const provider = await loadProvider("caldavcalendar");
  const service: CalendarService = provider.createService({
    credential: new MemoryCredential({ serverUrl, username, password: CALDAV_PASSWORD }),
    settings: { allowedHosts: ["127.0.0.1"] },
    now: () => new Date(),
    log: { debug() {}, warn() {} },
  });
  let cursor: Cursor | null = null;
  return {
    name: ADAPTER,
    async read() {
      let events = 0;
      const window = { start: hour(-24), end: hour(24 * 400) };
      for await (const page of service.onWatchedCalendarChange(calendarUrl, cursor, { window })) {
        events += page.changes.length;
        cursor = page.cursor;
      }
      return events;
    },
    async close() {},
  };
}

/**
 * What programs do that build on tsdav's own functions: sign in, find the calendar, download every object, and read it, each time. Objects
 * are read by our parser, so that only the way there is compared.
 */
export function wholeDownload({ serverUrl, username, calendarUrl }: CaldavAccount): CaldavReader {
  return {
    name: DOWNLOAD,
    async read() {
      const client = await createDAVClient({
        serverUrl,
        credentials: { username, password: CALDAV_PASSWORD },
        authMethod: "Basic",
        defaultAccountType: "caldav",
      });
      const path = decodeURIComponent(new URL(calendarUrl).pathname);
      const calendars = await client.fetchCalendars();
      const calendar = calendars.find(({ url }) => decodeURIComponent(new URL(url).pathname) === path);
      if (!calendar) throw new Error(`tsdav does not find ${calendarUrl}.`);
      let events = 0;
      for (const { data } of await client.fetchCalendarObjects({ calendar })) {
        for await (const item of readCalendar([Buffer.from(String(data))], { floatingZone: "UTC" })) {
          if (item.type === "event") events += 1;
        }
      }
      return events;
    },
    async close() {},
  };
}

/** The version of vdirsyncer on this machine; null where it is not installed. */
export async function vdirsyncerVersion(): Promise<string | null> {
  try {
    const { stdout } = await execute("vdirsyncer", ["--version"]);
    return stdout.trim().replace(/^vdirsyncer,? (version )?/, "");
  } catch {
    return null;
  }
}

/** vdirsyncer with one calendar and one folder, both ways, as its manual sets it up; each run is a process of its own. */
export class Vdirsyncer implements CaldavReader {
  readonly name = VDIRSYNCER;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  /** @param files what the folder holds before the first run, by their names */
  static async between(
    account: CaldavAccount,
    files: Readonly<Record<string, string>> = {},
  ): Promise<Vdirsyncer> {
    const home = await mkdtemp(join(tmpdir(), "calsync-vdirsyncer-"));
    await mkdir(join(home, "events"));
    await Promise.all(
      Object.entries(files).map(([name, text]) => writeFile(join(home, "events", name), text)),
    );
    await writeFile(join(home, "config"), configuration(home, account));
    const syncer = new Vdirsyncer(home);
    await syncer.#run("discover");
    return syncer;
  }

  async read(): Promise<number> {
    await this.#run("sync");
    return (await readdir(join(this.#home, "events"))).filter((name) => name.endsWith(".ics")).length;
  }

  async close(): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }

  async #run(command: "discover" | "sync"): Promise<void> {
    const env = { PATH: process.env["PATH"] ?? "", HOME: this.#home, LC_ALL: "C.UTF-8" };
    await execute("vdirsyncer", ["-c", join(this.#home, "config"), "-v", "ERROR", command], { env });
  }
}

const configuration = (home: string, { calendarUrl, username }: CaldavAccount): string => `
[general]
status_path = "${home}/status/"

[pair bench]
a = "server"
b = "folder"
collections = null

[storage server]
type = "caldav"
url = "${calendarUrl}"
username = "${username}"
password = "${CALDAV_PASSWORD}"

[storage folder]
type = "filesystem"
path = "${home}/events/"
fileext = ".ics"
`;
