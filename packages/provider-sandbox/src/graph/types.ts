import type {
  Attendee,
  Event as EventResource,
  Location,
  OnlineMeetingInfo,
  PatternedRecurrence,
} from "@microsoft/microsoft-graph-types";

/** An event as the API prints it, with its annotations. */
export type GraphEvent = EventResource & { "@odata.etag"?: string };
/** A guest of an event. */
export type GraphAttendee = Attendee;

/** The tenant that every personal Microsoft account belongs to. */
export const PERSONAL_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad";

/** A user with a mailbox. */
export interface GraphAccount {
  /** Object id of the user, a GUID: `oid` of the id_token. */
  id: string;
  /** User principal name and address, in lower case. */
  email: string;
  name: string;
  /** A personal Microsoft account: no getSchedule, no application permissions. */
  personal: boolean;
  tenantId: string;
  /** Zone of the mailbox settings, as the API names it: a Windows name. */
  timeZone: string;
  /** Short word in the ids of the mailbox's items. */
  key: string;
  /** Grows when the mailbox moves to another server: delta links from before answer 410. */
  moves: number;
}

/** What a person writes into an event. Texts are empty rather than absent. */
export interface EventFields {
  subject: string;
  body: { contentType: "html" | "text"; content: string };
  location: Location;
  locations: Location[];
  attendees: GraphAttendee[];
  showAs: NonNullable<GraphEvent["showAs"]>;
  sensitivity: NonNullable<GraphEvent["sensitivity"]>;
  importance: NonNullable<GraphEvent["importance"]>;
  categories: string[];
  isReminderOn: boolean;
  reminderMinutesBeforeStart: number;
  responseRequested: boolean;
  allowNewTimeProposals: boolean;
  hideAttendees: boolean;
  isOnlineMeeting: boolean;
  onlineMeetingProvider: NonNullable<GraphEvent["onlineMeetingProvider"]>;
  onlineMeeting: OnlineMeetingInfo | null;
}

/** When an event takes place. */
export interface EventSpan {
  isAllDay: boolean;
  /** Instants; of an all-day event midnight in the zone it was written in. */
  startMs: number;
  endMs: number;
  /** Zones as they were given, Windows or IANA names. */
  startZone: string;
  endZone: string;
}

/** Own metadata of an app: `String {GUID} Name X`. */
export interface ExtendedProperty {
  id: string;
  value: string;
}

/** What only a series has. */
export interface SeriesState {
  recurrence: PatternedRecurrence;
  /** Grows when the series is rescheduled: its occurrences get new ids. */
  revision: number;
  /** Original dates (`yyyy-mm-dd`, in the series' zone) of the occurrences that were deleted. */
  cancelled: string[];
}

/** Set on an exception: which occurrence it stands for. */
export interface ExceptionState {
  masterKey: string;
  /** Original date of the occurrence, `yyyy-mm-dd` in the series' zone. */
  date: string;
  originalStartMs: number;
  /** Fields that no longer follow the series. */
  overridden: (keyof EventFields)[];
}

/** One event as one calendar keeps it. */
export interface StoredEvent {
  /** Stays the same for the life of the item in its mailbox; `<master>~<revision>~<yyyymmdd>` for an exception. */
  key: string;
  iCalUId: string;
  /** Behind changeKey and etag; grows with every write in the whole store. */
  version: number;
  /** Place of the latest change in the calendar's log. */
  seq: number;
  createdMs: number;
  modifiedMs: number;
  fields: EventFields;
  span: EventSpan;
  series?: SeriesState;
  exception?: ExceptionState;
  organizer: { name: string; address: string };
  /** This mailbox holds the organizer's copy. */
  isOrganizer: boolean;
  isCancelled: boolean;
  /** The viewer's answer to an invitation. */
  response: { response: NonNullable<ResponseOf>; atMs: number };
  transactionId?: string;
  extendedProperties: ExtendedProperty[];
  /** A tombstone: deleted, or moved to another calendar. */
  gone?: boolean;
}

type ResponseOf = NonNullable<NonNullable<Attendee["status"]>["response"]>;

/** Who calls the API, and through which app. */
export interface GraphActor {
  kind: "delegated" | "application";
  /** The signed-in user; null for an application. */
  email: string | null;
  tenantId: string;
  clientId: string;
  scopes: ReadonlySet<string>;
  tokenExpiresMs: number;
  /** The person's own page: no limits and no faults. */
  page: boolean;
}

/** A subscription to change notifications. */
export interface GraphSubscription {
  id: string;
  /** As it was asked for, e.g. `/me/events`. */
  resource: string;
  /** Mailbox that is watched. */
  email: string;
  /** Only this calendar of it. */
  calendarId: string | null;
  changeTypes: string[];
  notificationUrl: string;
  lifecycleNotificationUrl: string | null;
  clientState: string | null;
  expiresMs: number;
  clientId: string;
  /** User who made it; null for an application. */
  creator: string | null;
  tenantId: string;
  /** Its notifications name events by immutable ids. */
  immutableIds: boolean;
  /** Until when the authorization it was made with holds; null: as long as the subscription. */
  authorizedUntilMs: number | null;
  /** End of authorization or subscription that a reauthorizationRequired was sent for. */
  askedForMs: number | null;
  /** When it was last reauthorized, and when its expiry was last changed. */
  reauthorizedAtMs: number | null;
  renewedAtMs: number | null;
  /** Accepts renewals but delivers nothing any more. */
  broken: boolean;
}

/** A mail that Exchange sent to a guest. Nothing in a request can prevent it. */
export interface MeetingMail {
  to: string;
  kind: "invitation" | "update" | "cancellation" | "response";
  from: string;
  iCalUId: string;
  subject: string;
  /** RFC 3339, UTC. */
  at: string;
}
