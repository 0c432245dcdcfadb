import { createHash, randomBytes } from "node:crypto";
import type { SandboxClock } from "../SandboxClock.ts";
import type { SeededRandom } from "../SeededRandom.ts";
import { EventBook } from "./EventBook.ts";
import { isTimeZone } from "./event-times.ts";
import { AuthorizationState } from "./oauth/AuthorizationState.ts";
import { Series } from "./series.ts";
import type { AccessRole, Account, Channel, GuestMail, ListEntry, StoredEvent } from "./types.ts";

/** A calendar with its sharing rules and its events. */
export interface Calendar {
  id: string;
  summary: string;
  description?: string;
  location?: string;
  timeZone: string;
  /** Owner of a secondary calendar; of a primary one its user. Null for generated calendars. */
  dataOwner: string | null;
  /** Holidays and the like: readable by all, cannot be watched or written. */
  generated: boolean;
  version: number;
  /** Key: e-mail, or `default` for everybody. */
  acl: Map<string, { role: AccessRole; version: number }>;
  /** Grows when every sync token of the calendar must expire; per user in `userGenerations`. */
  generation: number;
  userGenerations: Map<string, number>;
  events: EventBook;
}

/** What changed, for push channels and for the page. */
export interface StoreChange {
  resource: "events" | "calendarList" | "acl" | "settings";
  /** Set for `events` and `acl`. */
  calendarId?: string;
  /** Set for `calendarList` and `settings`. */
  email?: string;
  /** Types of the events that changed. */
  eventTypes: Set<string>;
}

/** The store as one JSON value. */
export interface SavedState {
  version: 1;
  generation: string;
  counters: { version: number; id: number };
  accounts: (Omit<Account, "entries"> & { entries: ListEntry[] })[];
  calendars: (Omit<Calendar, "acl" | "userGenerations" | "events"> & {
    acl: [string, { role: AccessRole; version: number }][];
    userGenerations: [string, number][];
    events: { seq: number; events: StoredEvent[] };
  })[];
  channels: Channel[];
  usedChannelIds: string[];
  guestMail: GuestMail[];
  oauth: ReturnType<AuthorizationState["toJSON"]>;
}

/** Every piece of simulated Google state, and the only place that holds any. */
export class GoogleStore {
  readonly clock: SandboxClock;
  readonly random: SeededRandom;
  readonly accounts = new Map<string, Account>();
  readonly calendars = new Map<string, Calendar>();
  /** Live channels; key: project and channel id. */
  readonly channels = new Map<string, Channel>();
  /** Channel ids stay taken for ever. */
  readonly usedChannelIds = new Set<string>();
  readonly guestMail: GuestMail[] = [];
  readonly oauth: AuthorizationState;
  /** Makes ids of one store differ from those of the store before a reset. */
  #generation: string;
  #versionCounter = 0;
  #idCounter = 0;
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #pending = new Map<string, StoreChange>();
  readonly #series = new WeakMap<object, Series>();

  /** @param generation a short word in every id; random unless given. */
  constructor(
    clock: SandboxClock,
    random: SeededRandom,
    generation: string = randomBytes(3).toString("hex"),
  ) {
    this.clock = clock;
    this.random = random;
    this.#generation = generation;
    this.oauth = new AuthorizationState(clock);
  }

  /** The next number behind an etag. */
  nextVersion(): number {
    this.#versionCounter += 1;
    return this.#versionCounter;
  }

  /** The next event id: base32hex, readable order, never repeated by a later store. */
  nextEventId(): string {
    return `e${this.#nextId()}${this.#generation}`;
  }

  /** The next id of a secondary calendar. */
  nextCalendarId(): string {
    const hash = createHash("sha256").update(`${this.#generation}:${this.#nextId()}`).digest("hex");
    return `c_${hash}@group.calendar.google.com`;
  }

  /** Calls back after each operation, once per resource that it changed. Returns how to stop. */
  onChange(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds a user with a primary calendar. @throws Error when the e-mail or zone is unusable or taken. */
  addAccount(input: { email: string; name?: string; timeZone?: string; delegated?: boolean }): Account {
    const email = input.email.trim().toLowerCase();
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new Error(`"${input.email}" is no e-mail address.`);
    if (this.accounts.has(email)) throw new Error(`There is already an account ${email}.`);
    const timeZone = input.timeZone ?? "UTC";
    if (!isTimeZone(timeZone)) throw new Error(`"${timeZone}" is no time zone of the IANA database.`);
    const account: Account = {
      email,
      name: input.name ?? (email.split("@")[0] as string),
      sub: (
        BigInt(`0x${createHash("sha256").update(email).digest("hex").slice(0, 16)}`) +
        10n ** 20n
      ).toString(),
      timeZone,
      serviceAccount: email.endsWith(".iam.gserviceaccount.com"),
      delegated: input.delegated ?? false,
      listSeq: 0,
      listGeneration: 0,
      entries: new Map(),
    };
    this.accounts.set(email, account);
    this.addCalendar({ id: email, summary: email, timeZone, owner: email });
    return account;
  }

  /** Adds a calendar and, when it has an owner, puts it on the owner's list. */
  addCalendar(input: { id?: string; summary: string; timeZone: string; owner: string | null }): Calendar {
    const calendar: Calendar = {
      id: input.id ?? this.nextCalendarId(),
      summary: input.summary,
      timeZone: input.timeZone,
      dataOwner: input.owner,
      generated: input.owner === null,
      version: this.nextVersion(),
      acl: new Map(),
      generation: 0,
      userGenerations: new Map(),
      events: new EventBook(),
    };
    this.calendars.set(calendar.id, calendar);
    if (input.owner === null) {
      calendar.acl.set("default", { role: "reader", version: this.nextVersion() });
    } else {
      calendar.acl.set(input.owner, { role: "owner", version: this.nextVersion() });
      this.putListEntry(this.accounts.get(input.owner) as Account, {
        calendarId: calendar.id,
        selected: true,
      });
    }
    return calendar;
  }

  /** Adds or changes an entry of a user's calendar list. */
  putListEntry(account: Account, entry: Partial<ListEntry> & { calendarId: string }): ListEntry {
    const kept = account.entries.get(entry.calendarId);
    account.listSeq += 1;
    const next: ListEntry = {
      defaultReminders: [],
      ...kept,
      ...entry,
      seq: account.listSeq,
      version: this.nextVersion(),
    };
    account.entries.set(entry.calendarId, next);
    this.announce({ resource: "calendarList", email: account.email, eventTypes: new Set() });
    return next;
  }

  /** What a user may do with a calendar. */
  roleOf(calendar: Calendar, email: string): AccessRole {
    return (calendar.acl.get(email) ?? calendar.acl.get("default"))?.role ?? "none";
  }

  /** Gives or takes a role (`none`). Sync tokens that this user holds for the calendar expire. */
  setRole(calendar: Calendar, scope: string, role: AccessRole): void {
    if (role === "none") calendar.acl.delete(scope);
    else calendar.acl.set(scope, { role, version: this.nextVersion() });
    calendar.userGenerations.set(scope, (calendar.userGenerations.get(scope) ?? 0) + 1);
    this.announce({ resource: "acl", calendarId: calendar.id, eventTypes: new Set() });
  }

  /** Keeps an event as a new change: new etag, new place in the log, listeners told. */
  putEvent(calendar: Calendar, event: Omit<StoredEvent, "version" | "seq">): StoredEvent {
    const kept = calendar.events.put({ ...event, version: this.nextVersion(), seq: 0 });
    this.#announceEvent(calendar, kept);
    return kept;
  }

  /** Keeps an event with a new etag that no incremental list reports. */
  putEventQuietly(calendar: Calendar, event: StoredEvent): StoredEvent {
    return calendar.events.putQuietly({ ...event, version: this.nextVersion() });
  }

  /** The rule set of a recurring event; computed once per version of it. */
  seriesOf(calendar: Calendar, event: StoredEvent): Series {
    let series = this.#series.get(event);
    if (!series) {
      series = new Series(event.id, event.body, calendar.timeZone);
      this.#series.set(event, series);
    }
    return series;
  }

  /** Tells listeners once the running operation is over; several changes of one resource become one. */
  announce(change: StoreChange): void {
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    const key = `${change.resource} ${change.calendarId ?? change.email}`;
    const waiting = this.#pending.get(key);
    if (waiting) for (const type of change.eventTypes) waiting.eventTypes.add(type);
    else this.#pending.set(key, change);
  }

  /** The whole state as JSON. */
  toJSON(): SavedState {
    return {
      version: 1,
      generation: this.#generation,
      counters: { version: this.#versionCounter, id: this.#idCounter },
      accounts: [...this.accounts.values()].map((account) => ({
        ...account,
        entries: [...account.entries.values()],
      })),
      calendars: [...this.calendars.values()].map((calendar) => ({
        ...calendar,
        acl: [...calendar.acl],
        userGenerations: [...calendar.userGenerations],
        events: calendar.events.toJSON(),
      })),
      channels: [...this.channels.values()],
      usedChannelIds: [...this.usedChannelIds],
      guestMail: [...this.guestMail],
      oauth: this.oauth.toJSON(),
    };
  }

  /** Takes over a saved state in place of its own. */
  load(saved: SavedState): void {
    this.clear();
    this.#generation = saved.generation;
    this.#versionCounter = saved.counters.version;
    this.#idCounter = saved.counters.id;
    for (const account of saved.accounts) {
      const entries = new Map(account.entries.map((entry) => [entry.calendarId, entry]));
      this.accounts.set(account.email, { ...account, entries });
    }
    for (const calendar of saved.calendars) {
      this.calendars.set(calendar.id, {
        ...calendar,
        acl: new Map(calendar.acl),
        userGenerations: new Map(calendar.userGenerations),
        events: EventBook.from(calendar.events),
      });
    }
    for (const channel of saved.channels)
      this.channels.set(channelKey(channel.projectId, channel.id), channel);
    for (const id of saved.usedChannelIds) this.usedChannelIds.add(id);
    this.guestMail.push(...saved.guestMail);
    this.oauth.load(saved.oauth);
  }

  /** Forgets everything but the registered OAuth clients. */
  clear(): void {
    this.#generation = randomBytes(3).toString("hex");
    this.accounts.clear();
    this.calendars.clear();
    this.channels.clear();
    this.usedChannelIds.clear();
    this.guestMail.length = 0;
    this.oauth.clear();
    this.#pending.clear();
  }

  #nextId(): string {
    this.#idCounter += 1;
    return this.#idCounter.toString(32).padStart(7, "0");
  }

  #announceEvent(calendar: Calendar, event: StoredEvent): void {
    const eventTypes = new Set([event.body.eventType ?? "default"]);
    this.announce({ resource: "events", calendarId: calendar.id, eventTypes });
  }

  #flush(): void {
    const changes = [...this.#pending.values()];
    this.#pending = new Map();
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }
}

/** Key of a channel: ids are unique per project. */
export function channelKey(projectId: string, channelId: string): string {
  return `${projectId} ${channelId}`;
}

/** An etag as it stands in JSON and in headers: the quotes are part of the value. */
export function etagOf(version: number): string {
  return `"${3_400_000_000_000_000 + version * 2}"`;
}
