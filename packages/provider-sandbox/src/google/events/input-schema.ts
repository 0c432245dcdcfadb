import { z } from "zod";
import { invalid } from "../errors.ts";
import type { GoogleEvent } from "../types.ts";

const text = z.string().nullish();
const flag = z.boolean().nullish();
const whole = z.number().int().nullish();
const time = z.object({ date: text, dateTime: text, timeZone: text }).nullish();
/** Google takes numbers and booleans for property values too and keeps them as text; null deletes the key. */
const properties = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullish()).nullish();
const details = z.looseObject({}).nullish();

/** Fields that a client may write, with their types; all others in a request are ignored, as the real API does. */
const eventInput = z.object({
  summary: text,
  description: text,
  location: text,
  start: time,
  end: time,
  endTimeUnspecified: flag,
  recurrence: z.array(z.string()).nullish(),
  attendees: z
    .array(
      z.object({
        email: text,
        displayName: text,
        optional: flag,
        resource: flag,
        responseStatus: text,
        comment: text,
        additionalGuests: whole,
      }),
    )
    .nullish(),
  attendeesOmitted: flag,
  reminders: z
    .object({
      useDefault: flag,
      overrides: z
        .array(z.object({ method: z.enum(["email", "popup"]), minutes: z.number().int().min(0).max(40_320) }))
        .max(5)
        .nullish(),
    })
    .nullish(),
  colorId: text,
  eventLabelId: text,
  transparency: z.enum(["opaque", "transparent"]).nullish(),
  visibility: z.enum(["default", "public", "private", "confidential"]).nullish(),
  status: z.enum(["confirmed", "tentative", "cancelled"]).nullish(),
  sequence: whole,
  extendedProperties: z.object({ private: properties, shared: properties }).nullish(),
  anyoneCanAddSelf: flag,
  guestsCanInviteOthers: flag,
  guestsCanModify: flag,
  guestsCanSeeOtherGuests: flag,
  conferenceData: z.looseObject({ createRequest: z.looseObject({ requestId: text }).nullish() }).nullish(),
  source: z.object({ title: text, url: text }).nullish(),
  attachments: z
    .array(z.looseObject({ fileUrl: z.string() }))
    .max(25)
    .nullish(),
  birthdayProperties: details,
  focusTimeProperties: details,
  outOfOfficeProperties: details,
  workingLocationProperties: details,
});

/** Fields that are read once, when an event is made. */
const identity = z.object({
  id: text,
  iCalUID: text,
  eventType: text,
  organizer: z.looseObject({ email: text }).nullish(),
});

/** The writable part of a request body. @throws GoogleApiError 400 that names the field of a wrong type or value. */
export function readInput(raw: unknown): GoogleEvent {
  return read(eventInput, raw) as GoogleEvent;
}

/** What names a new event. @throws GoogleApiError 400. */
export function readIdentity(raw: unknown): z.infer<typeof identity> {
  return read(identity, raw);
}

function read<Output>(schema: z.ZodType<Output>, raw: unknown): Output {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (!issue || issue.path.length === 0) throw invalid("The request body must be an event.");
  throw invalid(`Invalid value for: ${issue.path.join(".")}: ${issue.message}`);
}
