import { createHash } from "node:crypto";
import type { Location } from "@microsoft/microsoft-graph-types";
import type { EventFields, ExtendedProperty, GraphAccount, GraphAttendee } from "../types.ts";
import type { EventInput } from "./input-schema.ts";

/** A time that never was, as the API prints it. */
const NEVER = "0001-01-01T00:00:00Z";

const EMPTY: EventFields = {
  subject: "",
  body: { contentType: "html", content: "" },
  location: locationOf({ displayName: "" }),
  locations: [],
  attendees: [],
  showAs: "busy",
  sensitivity: "normal",
  importance: "normal",
  categories: [],
  isReminderOn: true,
  reminderMinutesBeforeStart: 15,
  responseRequested: true,
  allowNewTimeProposals: true,
  hideAttendees: false,
  isOnlineMeeting: false,
  onlineMeetingProvider: "unknown",
  onlineMeeting: null,
};

/** Fields that are taken over from a request as they are. */
const PLAIN = [
  "subject",
  "showAs",
  "sensitivity",
  "importance",
  "categories",
  "isReminderOn",
  "reminderMinutesBeforeStart",
  "responseRequested",
  "allowNewTimeProposals",
  "hideAttendees",
] as const satisfies readonly (keyof EventInput & keyof EventFields)[];

/**
 * The fields of an event after a write: those that the request names, the others as they were. A null empties a field.
 * @param before null for a new event
 */
export function writtenFields(
  before: EventFields | null,
  input: EventInput,
  account: GraphAccount,
): EventFields {
  const base = before ?? EMPTY;
  const fields: EventFields = { ...base };
  for (const name of PLAIN) {
    if (input[name] !== undefined) Object.assign(fields, { [name]: input[name] ?? EMPTY[name] });
  }
  if (input.body !== undefined) {
    fields.body = { contentType: input.body?.contentType ?? "text", content: input.body?.content ?? "" };
  }
  if (input.locations !== undefined) {
    fields.locations = (input.locations ?? []).map((given) => locationOf(given));
    fields.location = fields.locations[0] ?? EMPTY.location;
  } else if (input.location !== undefined) {
    fields.location = locationOf(input.location ?? { displayName: "" });
    fields.locations = fields.location.displayName ? [fields.location] : [];
  }
  if (input.attendees !== undefined) {
    fields.attendees = (input.attendees ?? []).map((given) => attendeeOf(given, base.attendees));
  }
  return withMeeting(fields, before, input, account);
}

/** Names of the fields that a request writes. */
export function namedFields(input: EventInput): (keyof EventFields)[] {
  const names = Object.keys(input).filter((name) => name in EMPTY) as (keyof EventFields)[];
  if (names.includes("location") || names.includes("locations")) names.push("location", "locations");
  return [...new Set(names)];
}

/** Own metadata after a write: properties that the request names replace those of the same id. */
export function writtenProperties(before: ExtendedProperty[], input: EventInput): ExtendedProperty[] {
  const given = input.singleValueExtendedProperties ?? [];
  const kept = before.filter((property) => !given.some(({ id }) => samePropertyId(id, property.id)));
  return [...kept, ...given];
}

/** Extended properties are named by type, namespace and name; the name is case-sensitive, the rest is not. */
export function samePropertyId(one: string, other: string): boolean {
  const normal = (id: string) => {
    const cut = id.indexOf(" Name ");
    const head = cut < 0 ? id : id.slice(0, cut);
    return head.toLowerCase().replaceAll(/[{}]/g, "") + (cut < 0 ? "" : id.slice(cut));
  };
  return normal(one) === normal(other);
}

function locationOf(given: { displayName?: string | null | undefined; [member: string]: unknown }): Location {
  return {
    locationType: "default",
    uniqueIdType: "unknown",
    ...given,
    displayName: given.displayName ?? "",
  };
}

/** A guest that stays keeps the answer; nobody but the guest can write it. */
function attendeeOf(
  given: NonNullable<EventInput["attendees"]>[number],
  before: readonly GraphAttendee[],
): GraphAttendee {
  const address = given.emailAddress.address ?? "";
  const kept = before.find((attendee) => sameAddress(attendee.emailAddress?.address, address));
  return {
    type: given.type ?? kept?.type ?? "required",
    status: kept?.status ?? { response: "none", time: NEVER },
    emailAddress: { name: given.emailAddress.name || kept?.emailAddress?.name || address, address },
  };
}

/** Addresses are compared without regard to case. */
export function sameAddress(one: string | null | undefined, other: string | null | undefined): boolean {
  return (one ?? "").toLowerCase() === (other ?? "").toLowerCase();
}

/**
 * An online meeting is made once and lives in the body as a link: a body without the link has no meeting any more, and its
 * provider cannot be changed.
 */
function withMeeting(
  fields: EventFields,
  before: EventFields | null,
  input: EventInput,
  account: GraphAccount,
): EventFields {
  const joinUrl = before?.onlineMeeting?.joinUrl;
  if (joinUrl) {
    if (input.isOnlineMeeting === false || !fields.body.content.includes(joinUrl)) {
      return { ...fields, isOnlineMeeting: false, onlineMeetingProvider: "unknown", onlineMeeting: null };
    }
    return fields;
  }
  if (!input.isOnlineMeeting) return fields;
  const digest = createHash("sha256").update(`${account.id} ${fields.subject}`).digest("base64url");
  const url = `https://teams.microsoft.com/l/meetup-join/${encodeURIComponent(`19:meeting_${digest}@thread.v2`)}/0`;
  const html = fields.body.contentType === "html" ? fields.body.content : `<div>${fields.body.content}</div>`;
  return {
    ...fields,
    isOnlineMeeting: true,
    onlineMeetingProvider: input.onlineMeetingProvider ?? "teamsForBusiness",
    onlineMeeting: { joinUrl: url },
    body: {
      contentType: "html",
      content: `${html}<div class="me-email-text"><a href="${url}">Join the meeting now</a></div>`,
    },
  };
}
