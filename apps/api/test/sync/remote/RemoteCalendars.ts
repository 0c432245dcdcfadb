import type { CallFault, WriteMethod } from "@calsync/testing/model";

/** An account at a provider, with all that the app needs to use it. */
export interface RemoteAccount {
  /** What the provider knows the account by. */
  accountId: string;
  /** The address under which its owner is invited. */
  email: string;
  /** The credential's secret, as the adapter stores it. */
  secret: object;
  /** Its calendars, the primary first. */
  calendarIds: string[];
}

/** One calendar of an account. */
export interface RemoteCalendar {
  account: RemoteAccount;
  calendarId: string;
}

/** An event as the provider really has it, in the fields that bookings have. */
export interface RemoteEvent {
  id: string;
  /** What our adapter has marked it with; null for an event that is not ours. */
  marker: string | null;
  /** Whether it is in the bin. */
  deleted: boolean;
  title: string;
  description: string;
  location: string;
  /** ISO 8601 in UTC with milliseconds; "unreadable" where there is none. */
  start: string;
  end: string;
  /** By address in lower case, in order; null where the provider keeps no people. */
  guests: RemoteGuest[] | null;
}

export interface RemoteGuest {
  email: string;
  response: "needs-action" | "accepted" | "declined" | "tentative";
}

/** What a person changes. What is left out stays. */
export interface RemoteEdit {
  title?: string;
  description?: string;
  location?: string;
  time?: { start: Date; end: Date };
  guests?: RemoteGuest[];
}

/** One fault: strikes calls until it has struck `times` times; `probability` is that of each call, 1 when left out. */
export interface RemoteFault {
  fault: CallFault | "touch-after-write" | "empty-page" | `${"drop" | "double" | "reorder"}-notification`;
  /** Any call when left out. */
  method?: WriteMethod;
  times?: number;
  probability?: number;
}

/**
 * A provider from outside, over which random histories are run (`http-model.ts`): a simulator or a real server, and what people
 * do in it by other means than our adapter. A provider is a file in this folder that exports a {@link StartRemote}.
 */
export interface RemoteCalendars {
  /** The adapter's slug. */
  readonly provider: string;
  /** Which steps mean something here. */
  readonly can: {
    /** Events come back from the bin. */
    restore: boolean;
    /** Events have guests, which people add, take off and who answer. */
    guests: boolean;
    /** Events move from one calendar of the account to another, and stay the same events. */
    transfer: boolean;
  };
  /** What the API's environment needs to use this provider. */
  readonly environment: Record<string, string>;

  /** Makes an account with so many calendars. `name` is free at this provider. */
  openAccount(name: string, calendars: number): Promise<RemoteAccount>;
  /** Everything that is there, deleted events of which the provider still knows included; in a fixed order. */
  events(calendar: RemoteCalendar): Promise<RemoteEvent[]>;

  /** A person makes an event. */
  place(calendar: RemoteCalendar, event: { title: string; start: Date; end: Date }): Promise<void>;
  edit(calendar: RemoteCalendar, eventId: string, change: RemoteEdit): Promise<void>;
  delete(calendar: RemoteCalendar, eventId: string): Promise<void>;
  /** Only where `can.restore`. */
  restore(calendar: RemoteCalendar, eventId: string): Promise<void>;
  /** Only where `can.transfer`. */
  transfer(calendar: RemoteCalendar, eventId: string, toCalendarId: string): Promise<void>;

  /** A fault that this provider cannot have is left out. */
  addFault(fault: RemoteFault): void;
  /** No faults any more. */
  clearFaults(): void;
  /** Cursors that we hold for the calendar are refused from now on. */
  loseCursors(calendar: RemoteCalendar): void;
  /** Tokens for single calls end at once; the account stays connected. Does nothing where there are none. */
  expireTokens(account: RemoteAccount): void;
  /** Puts the provider's clock so much ahead of ours. Does nothing where the provider's clock cannot be put. */
  setSkew(ms: number): void;
  /** Whom the provider itself has sent mails about events, in their order: guests are invited by us alone. */
  guestMails(): string[];
  /** Resolves when no notification is on its way any more. */
  notificationsIdle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a provider. @param clock is ours; the provider's runs with it */
export type StartRemote = (clock: () => Date) => Promise<RemoteCalendars>;
