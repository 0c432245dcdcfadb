import type {
  AttendeeResponse,
  CalendarCapabilities,
  CalendarService,
  EventTime,
  NotificationKind,
} from "@calsync/types";

/**
 * An ability that a provider may lack although its capabilities do not say so. Each gap is declared with the reason, in
 * a sentence; the tests that need the ability then do not run for this provider.
 */
export type ContractGap =
  /** Created events carry the UID that they were given. */
  | "given-uid"
  /** A deleted event can be brought back under its id. */
  | "restore"
  /** Deleted events are remembered: a direct read gives them as cancelled. */
  | "tombstones"
  /** There is a place for a marker. */
  | "marker"
  /** The key of a deleted event is remembered too: creating with it again gives that event. */
  | "deleted-keys"
  /** A person can say that an event does not make its owner busy. */
  | "transparency"
  /** Events can be private. */
  | "visibility"
  /** It is known which attendee the calendar's owner is. */
  | "own-response"
  /** Exceptions of a series name the instance that they stand for. */
  | "exceptions"
  /** Cursors can expire. */
  | "cursor-expiry"
  /** A pull names nothing that the one before has named already, unless it has changed. */
  | "no-repeats"
  /** What is held beside our fields survives an update. */
  | "foreign-fields";

/** What a person sets when making an event out there. What is left out is empty, busy and without attendees. */
export interface ContractPersonEvent {
  title: string;
  time: EventTime;
  description?: string;
  location?: string;
  recurrence?: string[];
  transparency?: "busy" | "free";
  attendees?: { email: string; response?: AttendeeResponse }[];
  /** The calendar's owner was invited by somebody else and has declined. */
  declinedByOwner?: boolean;
}

/** Somebody who works in the provider's own page. Each promise is fulfilled once the provider holds the edit. */
export interface ContractPerson {
  /** Gives the new event's id. */
  create(event: ContractPersonEvent): Promise<string>;
  move(eventId: string, time: EventTime): Promise<void>;
  rename(eventId: string, title: string): Promise<void>;
  delete(eventId: string): Promise<void>;
  /** An attendee answers the invitation. */
  respond(eventId: string, email: string, response: AttendeeResponse): Promise<void>;
  moveInstance(seriesId: string, originalStart: string, time: EventTime): Promise<void>;
  cancelInstance(seriesId: string, originalStart: string): Promise<void>;
  /** Sets something that the contract does not know (a reminder, a colour). */
  setForeign(eventId: string): Promise<void>;
  /** What `setForeign` has set, as the provider holds it now; compared deeply. */
  foreign(eventId: string): Promise<unknown>;
  /** How many events the calendar shows that are not deleted; a series counts once. */
  count(): Promise<number>;
}

/** Switches at the provider's simulator. */
export interface ContractFaults {
  /** The next call takes effect but its answer never arrives. */
  loseNextAnswer(): void;
  /** Every call is answered with a server error until the function that it gives is called. */
  breakDown(): () => void;
  /** All cursors given out so far are refused from now on. */
  expireCursors(): void;
}

/** A notification that has reached us. */
export interface ContractNotification {
  providerSubscriptionId: string;
  secret: string | null;
  kind: NotificationKind;
}

/** Where notifications arrive, read with the provider's own parser. */
export interface ContractReceiver {
  /** The address to ask notifications for. */
  address: string;
  /** Everything that has arrived so far. */
  received(): ContractNotification[];
  /** The resources that have been told of so far, where an integration is notified as a whole. */
  resources?(): string[];
  /** A calendar that cannot be watched, when the provider has such. */
  unwatchableCalendarId?: string;
}

/** One fresh, empty calendar at the provider, with everything needed to test it. */
export interface ContractSubject {
  service: CalendarService;
  /** The account's primary calendar, empty and writable. */
  calendarId: string;
  /** The address of the calendar's owner. */
  ownerEmail: string;
  person: ContractPerson;
  faults: ContractFaults;
  /** Needed when the provider sends notifications. */
  receiver?: ContractReceiver;
  /** Lets go of what `create` has taken. */
  close?(): Promise<void>;
}

/** How a provider joins the suite. */
export interface ContractSetup {
  capabilities: CalendarCapabilities;
  gaps?: Partial<Record<ContractGap, string>>;
  /** Called before each test. */
  create(): Promise<ContractSubject>;
}
