import { z } from "zod";
import { badRequest } from "../errors.ts";

const text = z.string().nullish();
const flag = z.boolean().nullish();
const time = z.object({ dateTime: z.string(), timeZone: text }).nullish();
const emailAddress = z.object({ address: text, name: text });
const location = z.looseObject({ displayName: text }).nullish();

/** Properties of an event that a request may write, with their types. */
const writable = {
  subject: text,
  body: z
    .object({
      contentType: z
        .string()
        .toLowerCase()
        .pipe(z.enum(["html", "text"]))
        .nullish(),
      content: text,
    })
    .nullish(),
  start: time,
  end: time,
  isAllDay: flag,
  location,
  locations: z.array(z.looseObject({ displayName: text })).nullish(),
  attendees: z
    .array(
      z.object({
        type: z.enum(["required", "optional", "resource"]).nullish(),
        emailAddress,
        status: z.looseObject({}).nullish(),
        proposedNewTime: z.looseObject({}).nullish(),
      }),
    )
    .max(500)
    .nullish(),
  recurrence: z.unknown().optional(),
  showAs: z.enum(["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"]).nullish(),
  sensitivity: z.enum(["normal", "personal", "private", "confidential"]).nullish(),
  importance: z.enum(["low", "normal", "high"]).nullish(),
  categories: z.array(z.string()).nullish(),
  isReminderOn: flag,
  reminderMinutesBeforeStart: z.number().int().nonnegative().nullish(),
  responseRequested: flag,
  allowNewTimeProposals: flag,
  hideAttendees: flag,
  isOnlineMeeting: flag,
  onlineMeetingProvider: z
    .enum(["unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"])
    .nullish(),
  transactionId: text,
  singleValueExtendedProperties: z.array(z.object({ id: z.string(), value: z.string() })).nullish(),
};

/** Properties that exist and that a request may hold, but that only the server writes. */
const READ_ONLY = new Set([
  "id",
  "changeKey",
  "createdDateTime",
  "lastModifiedDateTime",
  "originalStartTimeZone",
  "originalEndTimeZone",
  "originalStart",
  "iCalUId",
  "hasAttachments",
  "bodyPreview",
  "isCancelled",
  "isOrganizer",
  "isDraft",
  "responseStatus",
  "seriesMasterId",
  "type",
  "webLink",
  "onlineMeeting",
  "onlineMeetingUrl",
  "organizer",
  "cancelledOccurrences",
]);

const eventInput = z.object(writable);

/** The writable part of a request. */
export type EventInput = z.infer<typeof eventInput>;

const EXTENDED_PROPERTY_ID =
  /^(String|Boolean|Integer|Double|SystemTime|Long|Short|Float|CLSID|Binary) \{?[0-9a-f-]{36}\}? (Name .+|Id 0x[0-9a-f]+)$/i;

/** Reads the body of a POST or PATCH. @throws GraphApiError 400 that names an unknown property or a wrong type */
export function readEventInput(raw: unknown): EventInput {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw badRequest("RequestBodyRead", "The request body must be an event.");
  }
  for (const name of Object.keys(raw)) {
    if (name in writable || READ_ONLY.has(name) || name.includes("@odata.")) continue;
    throw badRequest(
      "RequestBodyRead",
      `The property '${name}' does not exist on type 'microsoft.graph.event'. Make sure to only use property names that are defined by the type.`,
    );
  }
  const result = eventInput.safeParse(raw);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw badRequest(
      "RequestBodyRead",
      `Cannot read the value of '${issue?.path.join(".")}': ${issue?.message}`,
    );
  }
  for (const { id } of result.data.singleValueExtendedProperties ?? []) {
    if (!EXTENDED_PROPERTY_ID.test(id)) {
      throw badRequest("ErrorInvalidProperty", `The extended property id '${id}' cannot be read.`);
    }
  }
  for (const { emailAddress: guest } of result.data.attendees ?? []) {
    if (!guest.address || !/^[^\s@]+@[^\s@]+$/.test(guest.address)) {
      throw badRequest("ErrorInvalidRecipients", "At least one recipient is not valid.");
    }
  }
  return result.data;
}
