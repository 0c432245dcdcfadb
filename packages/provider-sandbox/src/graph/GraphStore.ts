import { createHash, randomBytes } from "node:crypto";
import type { SandboxClock } from "../SandboxClock.ts";
import type { SeededRandom } from "../SeededRandom.ts";
import { CalendarBook } from "./CalendarBook.ts";
import { IdentityState } from "./oauth/IdentityState.ts";
import {
  type GraphAccount,
  type GraphSubscription,
  type MeetingMail,
  PERSONAL_TENANT_ID,
  type StoredEvent,
} from "./types.ts";
import { windowsZone } from "./zones.ts";

/** A calendar of a mailbox. */
export interface GraphCalendar {
  /** As the API names it; constant, as ids of folders are. */
  id: string;
  /** Short word in the default ids of its events. */
  folder: string;
  /** Owner's mailbox. */
  email: string;
  name: string;
  isDefault: boolean;
  /** False for birthdays, holidays and the like. */
  canEdit: boolean;
  color: string;
  version: number;
  /** Generations of the delta tokens that still work, oldest first. */
  deltaGenerations: number[];
  lastDeltaGeneration: number;
  events: CalendarBook;
}

/** What changed, for subscriptions and for the page. */
export type GraphChange =
  | { resource: "calendarList"; email: string }
  | {
      resource: "events";
      email: string;
      calendarId: string;
      key: string;
      changeType: "created" | "updated" | "deleted";
    };

/** A transaction id of a mailbox that was used: for which event, made by which body. */
interface Transaction {
  key: string;
  fingerprint: string;
}

/** The store as one JSON value. */
export interface SavedGraphState {
  version: 1;
  generation: string;
  counters: { version: number; id: number };
  accounts: GraphAccount[];
  calendars: (Omit<GraphCalendar, "events"> & { events: { seq: number; events: StoredEvent[] } })[];
  subscriptions: GraphSubscription[];
  transactions: [string, Transaction][];
  mail: MeetingMail[];
  identity: ReturnType<IdentityState["toJSON"]>;
}

/** Every piece of simulated Outlook and Entra state, and the only place that holds any. */
export class GraphStore {
  readonly clock: SandboxClock;
  readonly random: SeededRandom;
  /** Key: address in lower case. */
  readonly accounts = new Map<string, GraphAccount>();
  /** Key: id. */
  readonly calendars = new Map<string, GraphCalendar>();
  readonly subscriptions = new Map<string, GraphSubscription>();
  /** Key: mailbox and transaction id. */
  readonly transactions = new Map<string, Transaction>();
  readonly mail: MeetingMail[] = [];
  readonly identity: IdentityState;
  #generation = randomBytes(3).toString("hex");
  #versionCounter = 0;
  #idCounter = 0;
  readonly #listeners = new Set<(change: GraphChange) => void>();
  #pending: GraphChange[] = [];

  constructor(clock: SandboxClock, random: SeededRandom) {
    this.clock = clock;
    this.random = random;
    this.identity = new IdentityState(clock);
  }

  /** The next number behind a changeKey. */
  nextVersion(): number {
    this.#versionCounter += 1;
    return this.#versionCounter;
  }

  /** The next key of an item, never repeated by a later store. */
  nextKey(): string {
    this.#idCounter += 1;
    return `${this.#generation}${this.#idCounter.toString(36)}`;
  }

  /** Calls back after each operation, once per change. Returns how to stop. */
  onChange(listener: (change: GraphChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Adds a user with a mailbox and its default calendar. The work accounts of one mail domain share a tenant.
   * @throws Error when the e-mail or zone is unusable or taken
   */
  addAccount(input: { email: string; name?: string; timeZone?: string; personal?: boolean }): GraphAccount {
    const email = input.email.trim().toLowerCase();
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new Error(`"${input.email}" is no e-mail address.`);
    if (this.accounts.has(email)) throw new Error(`There is already an account ${email}.`);
    const domain = email.split("@")[1] as string;
    const personal = input.personal ?? /^(outlook|hotmail|live)\./.test(domain);
    const account: GraphAccount = {
      id: guidOf(`user ${email}`),
      email,
      name: input.name ?? (email.split("@")[0] as string),
      personal,
      tenantId: personal ? PERSONAL_TENANT_ID : guidOf(`tenant ${domain}`),
      timeZone: windowsZone(input.timeZone ?? "UTC"),
      key: createHash("sha256").update(email).digest("base64url").slice(0, 8),
      moves: 0,
    };
    this.accounts.set(email, account);
    this.addCalendar({ email, name: "Calendar", isDefault: true });
    return account;
  }

  /** Adds a calendar to a mailbox. */
  addCalendar(input: { email: string; name: string; isDefault?: boolean; canEdit?: boolean }): GraphCalendar {
    const folder = this.nextKey();
    const calendar: GraphCalendar = {
      id: `AAMkAGC_${Buffer.from(`${input.email}|${folder}`).toString("base64url")}-AAA=`,
      folder,
      email: input.email,
      name: input.name,
      isDefault: input.isDefault ?? false,
      canEdit: input.canEdit ?? true,
      color: "auto",
      version: this.nextVersion(),
      deltaGenerations: [],
      lastDeltaGeneration: 0,
      events: new CalendarBook(),
    };
    this.calendars.set(calendar.id, calendar);
    this.announce({ resource: "calendarList", email: input.email });
    return calendar;
  }

  /** The calendars of a mailbox, the default one first. */
  calendarsOf(email: string): GraphCalendar[] {
    return [...this.calendars.values()].filter((calendar) => calendar.email === email);
  }

  /** The default calendar of a mailbox. */
  defaultCalendar(email: string): GraphCalendar {
    const found = this.calendarsOf(email).find((calendar) => calendar.isDefault);
    if (!found) throw new Error(`The mailbox ${email} has no calendar.`);
    return found;
  }

  /** The user of an id or address; undefined when there is none. */
  account(idOrEmail: string): GraphAccount | undefined {
    const word = idOrEmail.toLowerCase();
    return this.accounts.get(word) ?? [...this.accounts.values()].find(({ id }) => id === word);
  }

  /** Keeps an event as a new change: new changeKey, new place in the log. @param told what subscriptions hear, if anything */
  putEvent(
    calendar: GraphCalendar,
    event: Omit<StoredEvent, "version" | "seq" | "modifiedMs">,
    told: "created" | "updated" | "deleted" | null,
  ): StoredEvent {
    const kept = calendar.events.put({
      ...event,
      modifiedMs: this.clock.nowMs(),
      version: this.nextVersion(),
      seq: 0,
    });
    if (told) {
      const { email, id: calendarId } = calendar;
      this.announce({ resource: "events", email, calendarId, key: kept.key, changeType: told });
    }
    return kept;
  }

  /** Tells listeners once the running operation is over. */
  announce(change: GraphChange): void {
    if (this.#pending.length === 0) queueMicrotask(() => this.#flush());
    this.#pending.push(change);
  }

  /** The whole state as JSON. */
  toJSON(): SavedGraphState {
    return {
      version: 1,
      generation: this.#generation,
      counters: { version: this.#versionCounter, id: this.#idCounter },
      accounts: [...this.accounts.values()],
      calendars: [...this.calendars.values()].map((calendar) => ({
        ...calendar,
        events: calendar.events.toJSON(),
      })),
      subscriptions: [...this.subscriptions.values()],
      transactions: [...this.transactions],
      mail: [...this.mail],
      identity: this.identity.toJSON(),
    };
  }

  /** Takes over a saved state in place of its own. */
  load(saved: SavedGraphState): void {
    this.clear();
    this.#generation = saved.generation;
    this.#versionCounter = saved.counters.version;
    this.#idCounter = saved.counters.id;
    for (const account of saved.accounts) this.accounts.set(account.email, account);
    for (const calendar of saved.calendars)
      this.calendars.set(calendar.id, { ...calendar, events: CalendarBook.from(calendar.events) });
    for (const subscription of saved.subscriptions) this.subscriptions.set(subscription.id, subscription);
    for (const [id, transaction] of saved.transactions) this.transactions.set(id, transaction);
    this.mail.push(...saved.mail);
    this.identity.load(saved.identity);
  }

  /** Forgets everything but the registered apps. */
  clear(): void {
    this.#generation = randomBytes(3).toString("hex");
    this.accounts.clear();
    this.calendars.clear();
    this.subscriptions.clear();
    this.transactions.clear();
    this.mail.length = 0;
    this.identity.clear();
    this.#pending = [];
  }

  #flush(): void {
    const changes = this.#pending;
    this.#pending = [];
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }
}

/** The etag of a version, as it stands in JSON and in headers. */
export function etagOf(version: number): string {
  return `W/"${changeKeyOf(version)}"`;
}

/** The changeKey of a version. */
export function changeKeyOf(version: number): string {
  return Buffer.from(`calsync-change-${version.toString(36).padStart(9, "0")}`).toString("base64");
}

/** A GUID that is the same for the same words in every run. */
function guidOf(words: string): string {
  const hex = createHash("sha256").update(words).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
