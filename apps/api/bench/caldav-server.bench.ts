import { once } from "node:events";
import { CaldavClient } from "@calsync/testing/caldav-server";
import { icsEvent, icsObject } from "@calsync/testing/contract";
import { type NodeProcess, startNode } from "../test/support/node-process.ts";
import { hour } from "./bookings.bench.ts";

/** A CalDAV server in memory, in a process of its own: what it costs is no part of what its clients do. */
export class CaldavServerProcess {
  readonly #process: NodeProcess;
  readonly url: string;

  private constructor(process: NodeProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(): Promise<CaldavServerProcess> {
    const server = startNode(new URL("./caldav-server.fixture.ts", import.meta.url), { env: {} });
    const [url] = (await once(server.child, "message")) as [string];
    return new CaldavServerProcess(server, url);
  }

  homeOf(username: string): string {
    return `${this.url}/calendars/${encodeURIComponent(username)}`;
  }

  /** What it has been asked since the last call, as `METHOD path`. */
  async requests(): Promise<string[]> {
    const answered = once(this.#process.child, "message");
    this.#process.child.send("requests");
    const [requests] = (await answered) as [string[]];
    return requests;
  }

  /** A calendar of a user with so many events. */
  async calendarOf(user: string, name: string, events: number): Promise<CaldavClient> {
    const client = await CaldavClient.makeCalendar(this, user, name);
    for (let at = 0; at < events; at += 10) {
      await Promise.all(
        Array.from({ length: Math.min(10, events - at) }, (_, index) => place(client, at + index)),
      );
    }
    return client;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}

/** Somebody makes an event, or changes it. */
export const place = (client: CaldavClient, index: number, title?: string): Promise<void> =>
  client.put(`${index}.ics`, eventText(client, index, title));

/** An event as another program writes it into a calendar. */
export function eventText({ calendarUrl }: CaldavClient, index: number, title = `Event ${index}`): string {
  const [start, end] = [hour(index), new Date(hour(index).getTime() + 1_800_000)];
  const time = {
    allDay: false as const,
    start: start.toISOString(),
    end: end.toISOString(),
    timeZone: "UTC",
  };
  const event = { title, description: "As people write it.", time };
  const uid = `event-${index}-${new URL(calendarUrl).pathname.split("/").at(-2)}`;
  return icsObject(icsEvent(uid, event, "host@people.example")).join("\r\n");
}
