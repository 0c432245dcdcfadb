import { SNAPSHOT_FIELDS, type SnapshotField } from "@calsync/calendar-sync";
import { z } from "zod";
import { idInBody } from "./ids.ts";

const fields = z
  .array(z.enum(SNAPSHOT_FIELDS as [SnapshotField, ...SnapshotField[]]))
  .describe(
    "The fields that bookings take over from their events; edits of others are left alone out there.",
  );

const shared = {
  direction: z
    .enum(["BOTH", "TO_CALENDAR", "FROM_CALENDAR"])
    .describe("`TO_CALENDAR`: what is changed there is put back. `FROM_CALENDAR`: nothing is written there."),
  fields,
  conflictPolicy: z
    .enum(["LAST_WRITE_WINS", "CALENDAR_WINS", "BOOKING_WINS", "ASK"])
    .describe("Who wins when both sides changed the same field."),
  massChangeLimit: z
    .int()
    .min(0)
    .max(100_000)
    .nullable()
    .describe("A pull that would cancel or move more bookings asks first; null never asks."),
  outsideHours: z.enum(["APPLY", "HOLD"]).describe("Moves to a time outside the host's hours."),
  overlap: z.enum(["APPLY", "HOLD"]).describe("Moves onto another booking or a busy time."),
  allDeclined: z.enum(["KEEP", "CANCEL"]).describe("When everyone who is invited has declined."),
  hostDeclined: z.enum(["KEEP", "CANCEL"]).describe("When the host declines their own event."),
  pollIntervalMinutes: z.int().min(1).max(1_440).nullable().describe("Null: as often as it is needed."),
};

const preferences = z.object({
  enabled: z.boolean().describe("False: nothing of the host's calendars is pulled or pushed."),
  ...shared,
  unreadableCalendar: z
    .enum(["CLOSE", "WARN"])
    .describe("What becomes of slots while a calendar cannot be read."),
});

/** GET /v1/preferences. */
export const preferencesSchema = preferences.meta({ id: "Preferences" });

/** PATCH /v1/preferences. */
export const preferencesPatchSchema = preferences
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, { error: "must change at least one preference" });

const inherit = z.literal("inherit");

/** PATCH /v1/calendars/:id/preferences. */
export const calendarPreferencesPatchSchema = z
  .object({
    enabled: z.boolean(),
    direction: z.union([shared.direction, inherit]),
    fields: z.union([shared.fields, inherit]),
    conflictPolicy: z.union([shared.conflictPolicy, inherit]),
    massChangeLimit: z.union([shared.massChangeLimit, inherit]),
    outsideHours: z.union([shared.outsideHours, inherit]),
    overlap: z.union([shared.overlap, inherit]),
    allDeclined: z.union([shared.allDeclined, inherit]),
    hostDeclined: z.union([shared.hostDeclined, inherit]),
    pollIntervalMinutes: z.union([z.int().min(1).max(1_440), inherit]),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, { error: "must change at least one preference" })
  .describe("`inherit` takes the host's preference again.");

/** GET /v1/calendars/:id/preferences. */
export const calendarPreferencesSchema = z
  .object({
    calendarSyncId: z.uuid(),
    name: z.string(),
    enabled: z.boolean(),
    overrides: z.object(shared).partial().describe("Where the calendar differs from its host's preferences."),
    effective: z.object(shared),
  })
  .meta({ id: "CalendarPreferences" });

/** PATCH /v1/destination. */
export const destinationViewSchema = z
  .object({
    eventTypeId: idInBody
      .nullable()
      .describe("Of one event type that has its own; left out for the default."),
    privacy: z
      .enum(["FULL", "TITLE_ONLY", "BUSY"])
      .describe(
        "How much of a booking the calendar is shown. Less than everything is written as a private event.",
      ),
    titleTemplate: template(500),
    descriptionTemplate: template(5_000),
  })
  .partial()
  .refine(({ eventTypeId: _of, ...view }) => Object.keys(view).length > 0, {
    error: "must change at least one of privacy, titleTemplate and descriptionTemplate",
  });

/** A team as its member sees it. */
export const teamSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    twoWaySyncEnabled: z.boolean(),
    role: z.enum(["MEMBER", "ADMIN", "OWNER"]),
    memberCount: z.int().describe("How many people are in it."),
  })
  .meta({ id: "Team" });

function template(longest: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .nullable()
    .describe("With placeholders such as {title}, {guest} and {host}; null writes the field as it is.");
}
