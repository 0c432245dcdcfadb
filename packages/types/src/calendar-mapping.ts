import type { ExternalCalendar } from "./external-calendar.ts";

/** What of an event a column of a table can hold. */
export const MAPPED_FIELDS = [
  "title",
  "time",
  "description",
  "location",
  "status",
  "attendees",
  "link",
] as const;

/** A field of events that a column may stand for. */
export type MappedField = (typeof MAPPED_FIELDS)[number];

/** How the columns of one table stand for the fields of events. */
export interface CalendarMapping {
  /** The id of each field's column; a field that is missing is neither read nor written. Title and time are always there. */
  columns: Partial<Record<MappedField, string>>;
  /** The option of the status column that calls an event off; null when none does. */
  cancelledOption: string | null;
  /** The IANA zone of times whose own zone is not known. */
  timeZone: string;
  /** How long an event without an end lasts, in minutes. */
  defaultMinutes: number;
  /** Rows that are not ours: they make their owner busy, or are not looked at. */
  others: "busy" | "hidden";
}

/** A column of a table, and the fields that it can hold. */
export interface TableColumn {
  id: string;
  name: string;
  /** The provider's name of its type. */
  type: string;
  /** Its options, where it has them. */
  options: string[];
  fits: MappedField[];
}

/** Why a mapping cannot be used, one for each thing that a person can do about it. */
export interface MappingProblem {
  field: MappedField;
  code: "missing" | "column_gone" | "column_type" | "column_twice" | "option_gone";
  /** A whole sentence that names the column. */
  message: string;
}

/** A table as it is now, beside how it is mapped. */
export interface CalendarTable {
  calendarId: string;
  name: string;
  columns: TableColumn[];
  /** What was chosen, or fixed when the table was first used; null before that. */
  mapping: CalendarMapping | null;
  /** What names and types of the columns suggest; fields that nothing suggests are left out. */
  guess: CalendarMapping;
  /** What is wrong with the mapping, or with the guess where there is none; empty when it can be used. */
  problems: MappingProblem[];
}

/** Where a table can be made. */
export interface TablePlace {
  id: string;
  name: string;
}

/** The side of a provider whose calendars are tables that a person has made: which column holds what is theirs to say. */
export interface CalendarTables {
  /** @throws CalendarError CALENDAR_NOT_FOUND */
  describe(calendarId: string): Promise<CalendarTable>;
  /** Checks a mapping against the table as it is now. Empty when it can be used. */
  check(calendarId: string, mapping: CalendarMapping): Promise<MappingProblem[]>;
  /** Where a table can be made; empty when the account has opened no such place. */
  places(): Promise<TablePlace[]>;
  /** Makes a table with a column for each field. */
  create(input: {
    name: string;
    placeId: string;
    timeZone: string;
  }): Promise<{ calendar: ExternalCalendar; mapping: CalendarMapping }>;
}

/** Where an adapter finds how the tables of its account are mapped. */
export interface MappingAccess {
  read(calendarId: string): Promise<CalendarMapping | null>;
  /** The IANA zone of the account's owner, for times that name none. */
  timeZone(): Promise<string>;
  /** Fixes the mapping with which a table is first used, unless another one was fixed meanwhile; gives the one that holds. */
  keep(calendarId: string, mapping: CalendarMapping): Promise<CalendarMapping>;
}
