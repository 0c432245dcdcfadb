import type { GraphContext } from "../context.ts";
import type { GraphCalendar } from "../GraphStore.ts";
import { occurrenceKey } from "../item-ids.ts";
import { seriesOf } from "../recurrence.ts";
import type { EventFields, GraphAttendee, MeetingMail, StoredEvent } from "../types.ts";
import { sameAddress } from "./fields.ts";
import { printUtc } from "./view.ts";

const CANCELLED_PREFIX = "Canceled: ";

/** What a guest sets on the own copy; everything else follows the organizer. */
const LOCAL_FIELDS = [
  "showAs",
  "categories",
  "isReminderOn",
  "reminderMinutesBeforeStart",
  "sensitivity",
] as const;

/** Makes the copies in guests' mailboxes follow the organizer's event. @param before its guests before the write */
export function propagateToGuests(
  context: GraphContext,
  before: readonly GraphAttendee[],
  calendar: GraphCalendar,
  event: StoredEvent,
): void {
  if (!event.isOrganizer || event.exception) return;
  const invited = guestCalendars(context, event.fields.attendees, event);
  for (const guest of invited) putCopy(context, guest, calendar, event);
  for (const guest of guestCalendars(context, before, event)) {
    if (!invited.includes(guest)) cancelCopy(context, guest, event.iCalUId);
  }
}

/** The organizer has deleted or cancelled the event: guests keep a cancelled one until they remove it themselves. */
export function cancelCopies(context: GraphContext, event: StoredEvent): void {
  for (const guest of guestCalendars(context, event.fields.attendees, event)) {
    cancelCopy(context, guest, event.iCalUId);
  }
}

/** Records the mails of a write. Exchange sends them whenever there are guests; nothing prevents it. */
export function recordMails(
  context: GraphContext,
  before: readonly GraphAttendee[],
  event: StoredEvent,
  options: { cancelled?: boolean; onlyChangedGuests?: boolean } = {},
): void {
  if (!event.isOrganizer) return;
  const addresses = (attendees: readonly GraphAttendee[]) =>
    attendees
      .map((attendee) => attendee.emailAddress?.address?.toLowerCase() ?? "")
      .filter((address) => address !== "" && !sameAddress(address, event.organizer.address));
  const earlier = addresses(before);
  const now = options.cancelled ? [] : addresses(event.fields.attendees);
  for (const to of now) {
    const known = earlier.includes(to);
    if (!known) record(context, event, to, "invitation");
    else if (!options.onlyChangedGuests) record(context, event, to, "update");
  }
  for (const to of earlier) if (!now.includes(to)) record(context, event, to, "cancellation");
}

/**
 * A guest answers: on the own copy, and through it on the organizer's and from there on everybody's.
 * @param sendResponse whether the organizer gets a mail
 */
export function answerInvitation(
  context: GraphContext,
  calendar: GraphCalendar,
  copy: StoredEvent,
  response: "accepted" | "declined" | "tentativelyAccepted",
  sendResponse: boolean,
): StoredEvent {
  const { store } = context;
  const atMs = store.clock.nowMs();
  const fields = {
    ...copy.fields,
    attendees: withAnswer(copy.fields.attendees, calendar.email, response, atMs),
  };
  if (response === "accepted" && fields.showAs === "tentative") fields.showAs = "busy";
  if (response === "declined") fields.showAs = "free";
  const answered = store.putEvent(calendar, { ...copy, fields, response: { response, atMs } }, "updated");
  if (sendResponse) record(context, copy, copy.organizer.address, "response", calendar.email);
  recordAnswer(context, copy, calendar.email, response);
  return answered;
}

/** Writes a guest's answer into the organizer's event, as Exchange does when the answer arrives by mail. */
export function recordAnswer(
  context: GraphContext,
  event: StoredEvent,
  guest: string,
  response: "accepted" | "declined" | "tentativelyAccepted" | "none",
): void {
  const { store } = context;
  const organizer = store.accounts.get(event.organizer.address.toLowerCase());
  for (const calendar of organizer ? store.calendarsOf(organizer.email) : []) {
    const source = calendar.events.withUid(event.iCalUId);
    if (!source?.isOrganizer) continue;
    const attendees = withAnswer(source.fields.attendees, guest, response, store.clock.nowMs());
    store.putEvent(calendar, { ...source, fields: { ...source.fields, attendees } }, "updated");
  }
}

function withAnswer(
  attendees: readonly GraphAttendee[],
  guest: string,
  response: NonNullable<NonNullable<GraphAttendee["status"]>["response"]>,
  atMs: number,
): GraphAttendee[] {
  return attendees.map((attendee) =>
    sameAddress(attendee.emailAddress?.address, guest)
      ? { ...attendee, status: { response, time: printUtc(atMs) } }
      : attendee,
  );
}

function guestCalendars(
  context: GraphContext,
  attendees: readonly GraphAttendee[],
  event: StoredEvent,
): GraphCalendar[] {
  const { store } = context;
  return attendees.flatMap((attendee) => {
    const address = attendee.emailAddress?.address?.toLowerCase() ?? "";
    if (!store.accounts.has(address) || sameAddress(address, event.organizer.address)) return [];
    return [copyCalendar(context, address, event.iCalUId)];
  });
}

/** Where a guest's copy is: wherever the guest has moved it, the default calendar at first. */
function copyCalendar(context: GraphContext, address: string, iCalUId: string): GraphCalendar {
  const { store } = context;
  const holding = store.calendarsOf(address).find((calendar) => calendar.events.withUid(iCalUId));
  return holding ?? store.defaultCalendar(address);
}

function putCopy(
  context: GraphContext,
  guest: GraphCalendar,
  calendar: GraphCalendar,
  source: StoredEvent,
): void {
  const { store } = context;
  const kept = guest.events.withUid(source.iCalUId);
  const key = kept?.key ?? store.nextKey();
  const { transactionId: _, series: __, gone: ___, ...shared } = source;
  const copy: Omit<StoredEvent, "version" | "seq" | "modifiedMs"> = {
    ...shared,
    key,
    fields: guestFields(source.fields, kept?.fields),
    isOrganizer: false,
    isCancelled: false,
    response: kept?.response ?? { response: "notResponded", atMs: 0 },
    extendedProperties: kept?.extendedProperties ?? [],
  };
  if (source.series) {
    // What the guest has removed from the own copy stays removed.
    const sameDates = kept?.series?.revision === source.series.revision;
    copy.series = { ...source.series, cancelled: sameDates ? (kept?.series?.cancelled ?? []) : [] };
  }
  const master = store.putEvent(guest, copy, kept ? "updated" : "created");
  if (master.series) putExceptions(context, guest, master, calendar, source);
}

function guestFields(source: EventFields, own: EventFields | undefined): EventFields {
  if (!own) return { ...source, showAs: "tentative", categories: [] };
  const fields = { ...source };
  for (const name of LOCAL_FIELDS) Object.assign(fields, { [name]: own[name] });
  return fields;
}

function putExceptions(
  context: GraphContext,
  guest: GraphCalendar,
  master: StoredEvent,
  calendar: GraphCalendar,
  source: StoredEvent,
): void {
  for (const old of guest.events.exceptionsOf(master.key)) guest.events.forget(old.key);
  const revision = master.series?.revision ?? 0;
  const removed = new Set(master.series?.cancelled);
  for (const original of calendar.events.exceptionsOf(source.key)) {
    const { exception } = original;
    if (!exception || removed.has(exception.date)) continue;
    const { transactionId: _, ...shared } = original;
    const copy = {
      ...shared,
      key: occurrenceKey(master.key, revision, exception.date),
      exception: { ...exception, masterKey: master.key },
      isOrganizer: false,
      response: master.response,
      extendedProperties: [],
    };
    context.store.putEvent(guest, copy, null);
  }
  for (const date of source.series?.cancelled ?? []) {
    const occurrence = removed.has(date) ? null : seriesOf(master).on(date);
    if (!occurrence) continue;
    context.store.putEvent(
      guest,
      {
        ...cancelledCopy(master),
        key: occurrenceKey(master.key, revision, date),
        span: { ...master.span, startMs: occurrence.startMs, endMs: occurrence.endMs },
        exception: { masterKey: master.key, date, originalStartMs: occurrence.startMs, overridden: [] },
      },
      null,
    );
  }
}

function cancelCopy(context: GraphContext, guest: GraphCalendar, iCalUId: string): void {
  const copy = guest.events.withUid(iCalUId);
  if (!copy || copy.isOrganizer || copy.isCancelled) return;
  const cancelled = cancelledCopy(copy);
  if (copy.series) cancelled.series = copy.series;
  context.store.putEvent(guest, cancelled, "updated");
}

function cancelledCopy(copy: StoredEvent): StoredEvent {
  const { series: _, ...rest } = copy;
  const subject = copy.fields.subject.startsWith(CANCELLED_PREFIX)
    ? copy.fields.subject
    : CANCELLED_PREFIX + copy.fields.subject;
  return { ...rest, isCancelled: true, fields: { ...copy.fields, subject, showAs: "free" } };
}

function record(
  context: GraphContext,
  event: StoredEvent,
  to: string,
  kind: MeetingMail["kind"],
  from: string = event.organizer.address,
): void {
  context.store.mail.push({
    to,
    kind,
    from,
    iCalUId: event.iCalUId,
    subject: event.fields.subject,
    at: new Date(context.store.clock.nowMs()).toISOString(),
  });
}
