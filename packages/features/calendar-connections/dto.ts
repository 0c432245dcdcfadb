import { MAPPED_FIELDS } from "@calsync/types";
import { z } from "zod";

/** An account that the user linked. */
export const connectionSchema = z
  .object({
    id: z.int(),
    provider: z.string().describe("The provider's slug."),
    providerName: z.string(),
    accountEmail: z.string().nullable(),
    accountName: z
      .string()
      .nullable()
      .describe("What its user knows the account by, where it has no address."),
    status: z.enum(["active", "invalid"]).describe("`invalid`: the user has to connect the account again."),
    invalidReason: z.string().nullable(),
    createdAt: z.iso.datetime(),
    calendarCount: z.int().describe("Calendars of the account that are written to or read."),
  })
  .meta({ id: "Connection" });
/** An account that a user has connected. */
export type Connection = z.infer<typeof connectionSchema>;

/** A calendar in a linked account, and what it is used for. */
export const calendarChoiceSchema = z
  .object({
    id: z.string().describe("The provider's id."),
    name: z.string(),
    primary: z.boolean(),
    writable: z.boolean(),
    timeZone: z.string().nullable(),
    color: z.string().nullable().describe("`#rrggbb`."),
    selected: z.boolean().describe("Read for busy times."),
    destination: z.boolean().describe("Bookings are written to it, by default."),
  })
  .meta({ id: "CalendarChoice" });
/** A calendar of an account, and what it is used for. */
export type CalendarChoice = z.infer<typeof calendarChoiceSchema>;

/** Where bookings are written. */
export const destinationSchema = z
  .object({
    connectionId: z.int(),
    provider: z.string(),
    accountEmail: z.string().nullable(),
    calendarId: z.string(),
    name: z.string(),
    eventTypeId: z.int().nullable().describe("Null for the user's default."),
    privacy: z
      .enum(["FULL", "TITLE_ONLY", "BUSY"])
      .describe(
        "How much of a booking the calendar is shown: everything, its title, or that its host is busy.",
      ),
    titleTemplate: z.string().nullable().describe("What stands in place of the title; null: the title."),
    descriptionTemplate: z.string().nullable(),
  })
  .meta({ id: "Destination" });
/** A calendar that bookings are written to. */
export type Destination = z.infer<typeof destinationSchema>;

/** What a person fills in to connect an account without a consent page. */
export const connectionFormSchema = z
  .object({
    help: z.string().describe("What to do before filling it in."),
    fields: z.array(
      z.object({
        name: z.string().describe("Key of its value."),
        label: z.string(),
        kind: z.enum(["text", "url", "password"]),
        help: z.string().optional(),
        placeholder: z.string().optional(),
        required: z.boolean(),
        secret: z
          .boolean()
          .describe("Never shown again, and asked for anew when the account is connected again."),
      }),
    ),
    links: z.array(z.object({ label: z.string(), url: z.url() })),
  })
  .meta({ id: "ConnectionForm" });
/** What a provider's form asks for. */
export type ConnectionForm = z.infer<typeof connectionFormSchema>;

/** A provider that this installation ships. */
export const providerSchema = z
  .object({
    slug: z.string(),
    name: z.string(),
    auth: z.enum(["oauth", "password", "token", "url"]),
    configured: z.boolean().describe("False: the operator has not set it up."),
    form: connectionFormSchema
      .nullable()
      .describe("Null when accounts are connected by a consent page only."),
    tables: z
      .boolean()
      .describe("Whether calendars are tables whose columns are assigned to the fields of events."),
  })
  .meta({ id: "Provider" });
/** A provider that is offered, and how it is connected. */
export type Provider = z.infer<typeof providerSchema>;

const mappedFieldSchema = z.enum(MAPPED_FIELDS);

/** How the columns of a table stand for the fields of events. */
export const calendarMappingSchema = z
  .object({
    columns: z
      .partialRecord(mappedFieldSchema, z.string().min(1).max(100))
      .describe("Column ids by field; a field that is left out is neither read nor written."),
    cancelledOption: z
      .string()
      .max(200)
      .nullable()
      .describe("The option of the status column that calls an event off; null when none does."),
    timeZone: z.string().min(1).max(60).describe("The IANA zone of times whose own zone is not known."),
    defaultMinutes: z.int().min(1).max(1_440).describe("How long an event without an end lasts."),
    others: z
      .enum(["busy", "hidden"])
      .describe("Rows that are not ours: they make their owner busy, or are not looked at."),
  })
  .meta({ id: "CalendarMapping" });

/** A calendar that is a table. */
export const calendarTableSchema = z
  .object({
    calendarId: z.string(),
    name: z.string(),
    columns: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        type: z.string().describe("The provider's name of its type."),
        options: z.array(z.string()),
        fits: z.array(mappedFieldSchema).describe("The fields that it can hold."),
      }),
    ),
    mapping: calendarMappingSchema.nullable().describe("Null before it was first chosen or used."),
    guess: calendarMappingSchema.describe("What names and types of the columns suggest."),
    problems: z
      .array(
        z.object({
          field: mappedFieldSchema,
          code: z.enum(["missing", "column_gone", "column_type", "column_twice", "option_gone"]),
          message: z.string(),
        }),
      )
      .describe("What is wrong with the mapping, or with the guess where there is none."),
  })
  .meta({ id: "CalendarTable" });

/** A calendar that is a table, with its columns and their mapping. */
export type CalendarTable = z.infer<typeof calendarTableSchema>;

/** Where a table can be made. */
export const tablePlaceSchema = z.object({ id: z.string(), name: z.string() }).meta({ id: "TablePlace" });
/** A place in which a table can be made. */
export type TablePlace = z.infer<typeof tablePlaceSchema>;
