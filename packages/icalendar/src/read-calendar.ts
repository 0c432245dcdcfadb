import {
  DEFAULT_ICS_LIMITS,
  type IcsLimits,
  type IcsProblem,
  type RawComponent,
  readComponents,
} from "./components.ts";
import type { ByteSource } from "./content-lines.ts";
import { floatingZoneOf } from "./dates.ts";
import type { IcsEvent } from "./event.ts";
import { readProperty } from "./properties.ts";
import { readEvent } from "./read-event.ts";
import { ZoneBook } from "./zones.ts";

/** What a file as a whole says of itself. */
export interface IcsCalendar {
  /** NAME (RFC 7986 §5.1) or X-WR-CALNAME. */
  name: string | null;
  /** The iTIP method in upper case (RFC 5546 §1.4); null for a plain file. */
  method: string | null;
  /** X-WR-TIMEZONE, when it is a zone that we know. */
  timeZone: string | null;
  /** REFRESH-INTERVAL (RFC 7986 §5.7) or X-PUBLISHED-TTL, as an ISO 8601 duration. */
  refreshInterval: string | null;
}

/** What reading a file gives, in its order. */
export type IcsItem =
  /** `method` as {@link IcsCalendar} has it so far: it stands before the events that it is about. */
  | { type: "event"; event: IcsEvent; method: string | null }
  | { type: "problem"; problem: IcsProblem }
  /**
   * Last. `complete` is false when the file breaks off, is no calendar or has too many events (`tooMany`): what is missing from it
   * has not gone. `otherComponents` counts what was passed over (tasks, journals, free/busy).
   */
  | {
      type: "end";
      complete: boolean;
      tooMany: boolean;
      calendar: IcsCalendar;
      events: number;
      otherComponents: number;
    };

/** How a file is read. */
export interface ReadOptions {
  /** Zone of floating times, where the file names none (X-WR-TIMEZONE). */
  floatingZone: string;
  limits?: Partial<IcsLimits>;
  /** Names, in upper case, of further properties whose values are wanted (`IcsEvent.kept`); `NAME;PARAMETER` for a parameter's. */
  keep?: readonly string[];
}

/**
 * Reads an iCalendar file as a stream: events one by one, each problem where it stands, and an end that tells whether the
 * file can be believed. Memory is bounded by the largest event, whatever the size of the file. Never throws for what the
 * file says.
 * @throws IcsTooLargeError for a file over the limit
 */
export async function* readCalendar(source: ByteSource, options: ReadOptions): AsyncGenerator<IcsItem> {
  const limits: IcsLimits = { ...DEFAULT_ICS_LIMITS, ...options.limits };
  const calendar: IcsCalendar = { name: null, method: null, timeZone: null, refreshInterval: null };
  let zones = new ZoneBook();
  let waiting: RawComponent[] = [];
  let waitingLines = 0;
  let waitingCharacters = 0;
  let events = 0;
  let otherComponents = 0;
  let tooMany = false;

  function* read(component: RawComponent): Generator<IcsItem> {
    if (tooMany) return;
    if (events >= limits.maxEvents) {
      tooMany = true;
      const message = `The file holds more than ${limits.maxEvents} events; the rest was not read.`;
      yield {
        type: "problem",
        problem: { line: component.line, property: "VEVENT", message, severity: "error" },
      };
      return;
    }
    const { event, problems } = readEvent(
      component,
      zones,
      floatingZoneOf(calendar.timeZone, options.floatingZone),
      options.keep,
      calendar.method,
    );
    for (const problem of problems) yield { type: "problem", problem };
    if (!event) return;
    events += 1;
    yield { type: "event", event, method: calendar.method };
  }

  for await (const item of readComponents(source, limits)) {
    if (item.type === "problem") yield item;
    else if (item.type === "property") noteProperty(calendar, item.line);
    else if (item.type === "component" && item.component.name === "VTIMEZONE") zones.add(item.component);
    else if (item.type === "component" && item.component.name === "VEVENT") {
      // A file may describe a zone after the events that use it.
      const room = waitingLines < MAX_WAITING_LINES && waitingCharacters < MAX_WAITING_CHARACTERS;
      if (room && usesUnknownZone(item.component, zones)) {
        waiting.push(item.component);
        waitingLines += item.component.lines.length;
        waitingCharacters += item.component.characters;
      } else yield* read(item.component);
    } else if (item.type === "component") otherComponents += 1;
    else {
      for (const component of waiting) yield* read(component);
      waiting = [];
      waitingLines = 0;
      waitingCharacters = 0;
      if (item.type === "calendar-end") zones = new ZoneBook();
      else {
        const complete = item.complete && !tooMany;
        yield { type: "end", complete, tooMany, calendar, events, otherComponents };
      }
    }
  }
}

/** Lines of events that may wait for the description of their zone; what comes later is read without it. */
const MAX_WAITING_LINES = 20_000;
const MAX_WAITING_CHARACTERS = 4_000_000;

function usesUnknownZone(component: RawComponent, zones: ZoneBook): boolean {
  return component.lines.some(({ text }) => {
    const tzid = /^[A-Z-]+(?:;[^:]*)?;TZID="?([^;:"]+)/i.exec(text)?.[1];
    return tzid !== undefined && !zones.describes(tzid) && zones.resolve(tzid) === null;
  });
}

function noteProperty(calendar: IcsCalendar, line: Parameters<typeof readProperty>[0]): void {
  const property = readProperty(line);
  if (!property) return;
  const value = property.text.trim();
  switch (property.name) {
    case "NAME":
      calendar.name = value || calendar.name;
      break;
    case "X-WR-CALNAME":
      calendar.name ??= value || null;
      break;
    case "METHOD":
      calendar.method = value.toUpperCase() || null;
      break;
    case "X-WR-TIMEZONE":
      calendar.timeZone = value ? floatingZoneOf(value, "") || null : null;
      break;
    case "REFRESH-INTERVAL":
      calendar.refreshInterval = value || calendar.refreshInterval;
      break;
    case "X-PUBLISHED-TTL":
      calendar.refreshInterval ??= value || null;
  }
}
