import type { GraphContext } from "../context.ts";
import { printSpan } from "../event-times.ts";
import { changeKeyOf, etagOf, type GraphCalendar } from "../GraphStore.ts";
import { defaultId, immutableId, occurrenceKey } from "../item-ids.ts";
import type { Occurrence } from "../recurrence.ts";
import type { EventSpan, GraphAccount, GraphEvent, StoredEvent } from "../types.ts";
import { windowsZone } from "../zones.ts";
import { asHtml, asText, previewOf } from "./body-html.ts";

/** How a reader wants events shown: its `Prefer` headers, which hold for one request only. */
export interface Reader {
  /** Zone of `start` and `end`, as the header named it; UTC without one. */
  timeZone: string;
  immutableIds: boolean;
  textBodies: boolean;
}

/** What {@link GraphContext}-free code shows events with: as a person's page does. */
export const PLAIN_READER: Reader = { timeZone: "UTC", immutableIds: false, textBodies: false };

/** The id of an item as a reader wants it. */
export function idOf(account: GraphAccount, calendar: GraphCalendar, key: string, reader: Reader): string {
  return reader.immutableIds ? immutableId(account.key, key) : defaultId(account.key, calendar.folder, key);
}

/** An event, a series or an exception as the API prints it. */
export function viewEvent(
  context: GraphContext,
  calendar: GraphCalendar,
  event: StoredEvent,
  reader: Reader,
): GraphEvent {
  const account = accountOf(context, calendar);
  const { exception, series } = event;
  return {
    ...commonView(context, account, calendar, event, event.span, event.key, reader),
    type: exception ? "exception" : series ? "seriesMaster" : "singleInstance",
    seriesMasterId: exception ? idOf(account, calendar, exception.masterKey, reader) : null,
    recurrence: series?.recurrence ?? null,
    ...(exception ? { originalStart: printUtc(exception.originalStartMs) } : {}),
  };
}

/** An ordinary occurrence of a series, in full. */
export function viewOccurrence(
  context: GraphContext,
  calendar: GraphCalendar,
  master: StoredEvent,
  occurrence: Occurrence,
  reader: Reader,
): GraphEvent {
  const account = accountOf(context, calendar);
  const { key, span } = occurrenceOf(master, occurrence);
  return {
    ...commonView(context, account, calendar, master, span, key, reader),
    iCalUId: occurrenceUid(master, occurrence.date),
    type: "occurrence",
    seriesMasterId: idOf(account, calendar, master.key, reader),
    recurrence: null,
    originalStart: printUtc(occurrence.startMs),
  };
}

/** An ordinary occurrence as delta gives it: seven properties and no more. */
export function viewStub(
  context: GraphContext,
  calendar: GraphCalendar,
  master: StoredEvent,
  occurrence: Occurrence,
  reader: Reader,
): object {
  const account = accountOf(context, calendar);
  const { key, span } = occurrenceOf(master, occurrence);
  return {
    "@odata.type": "#microsoft.graph.event",
    "@odata.etag": etagOf(master.version),
    id: idOf(account, calendar, key, reader),
    seriesMasterId: idOf(account, calendar, master.key, reader),
    type: "occurrence",
    ...printSpan(span, reader.timeZone),
  };
}

/** The uid of an occurrence, which differs from its series' and from its neighbours'. */
export function occurrenceUid(master: StoredEvent, date: string): string {
  return master.iCalUId + Buffer.from(date.replaceAll("-", "")).toString("hex").toUpperCase();
}

/** Key and span of an ordinary occurrence. */
export function occurrenceOf(master: StoredEvent, occurrence: Occurrence): { key: string; span: EventSpan } {
  return {
    key: occurrenceKey(master.key, master.series?.revision ?? 0, occurrence.date),
    span: { ...master.span, startMs: occurrence.startMs, endMs: occurrence.endMs },
  };
}

/** The user whose mailbox holds a calendar. */
export function accountOf(context: GraphContext, calendar: GraphCalendar): GraphAccount {
  const account = context.store.accounts.get(calendar.email);
  if (!account) throw new Error(`The calendar ${calendar.id} has no mailbox.`);
  return account;
}

function commonView(
  context: GraphContext,
  account: GraphAccount,
  calendar: GraphCalendar,
  event: StoredEvent,
  span: EventSpan,
  key: string,
  reader: Reader,
): GraphEvent {
  const { fields } = event;
  const id = idOf(account, calendar, key, reader);
  const { response } = event.response;
  return {
    "@odata.etag": etagOf(event.version),
    id,
    createdDateTime: printUtc(event.createdMs),
    lastModifiedDateTime: printUtc(event.modifiedMs),
    changeKey: changeKeyOf(event.version),
    categories: fields.categories,
    ...(event.transactionId === undefined ? {} : { transactionId: event.transactionId }),
    originalStartTimeZone: originalZone(context, span.startZone),
    originalEndTimeZone: originalZone(context, span.endZone),
    iCalUId: event.iCalUId,
    reminderMinutesBeforeStart: fields.reminderMinutesBeforeStart,
    isReminderOn: fields.isReminderOn,
    hasAttachments: false,
    subject: fields.subject,
    bodyPreview: previewOf(fields.body),
    importance: fields.importance,
    sensitivity: fields.sensitivity,
    isAllDay: span.isAllDay,
    isCancelled: event.isCancelled,
    isOrganizer: event.isOrganizer,
    isDraft: false,
    responseRequested: fields.responseRequested,
    showAs: fields.showAs,
    webLink: `https://outlook.office365.com/owa/?itemid=${encodeURIComponent(id)}&exvsurl=1&path=/calendar/item`,
    onlineMeetingUrl: null,
    isOnlineMeeting: fields.isOnlineMeeting,
    onlineMeetingProvider: fields.onlineMeetingProvider,
    allowNewTimeProposals: fields.allowNewTimeProposals,
    hideAttendees: fields.hideAttendees,
    responseStatus: {
      response: event.isOrganizer ? (fields.attendees.length > 0 ? "organizer" : "none") : response,
      time: event.response.atMs === 0 ? "0001-01-01T00:00:00Z" : printUtc(event.response.atMs),
    },
    body: reader.textBodies
      ? { contentType: "text", content: asText(fields.body) }
      : { contentType: "html", content: asHtml(fields.body) },
    ...printSpan(span, reader.timeZone),
    location: fields.location,
    locations: fields.locations,
    attendees: fields.attendees,
    organizer: { emailAddress: event.organizer },
    onlineMeeting: fields.onlineMeeting,
  };
}

function originalZone(context: GraphContext, given: string): string {
  return context.faults.behaviours.returnedIanaZones === "windows" ? windowsZone(given) : given;
}

/** An instant as the API prints its own timestamps. */
export function printUtc(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "0000Z");
}
