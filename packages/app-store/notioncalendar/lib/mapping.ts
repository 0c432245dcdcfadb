import type { CalendarMapping, MappedField, MappingProblem, TableColumn } from "@calsync/types";
import { MAPPED_FIELDS } from "@calsync/types";
import * as z from "zod";
import { FITTING_TYPES } from "./columns.ts";

const DEFAULT_MINUTES = 60;

/** Names by which people call a column, in the languages that we have seen, best first. */
const USUAL_NAMES: Readonly<Record<MappedField, readonly RegExp[]>> = {
  title: [/./],
  time: [
    /^(date|when|time|datum|wann|termin|fecha|quand|data)$/i,
    /date|when|datum|termin|start|schedul|due|time/i,
  ],
  description: [
    /^(notes?|description|details|notizen?|beschreibung)$/i,
    /note|descri|detail|agenda|notiz|beschreib/i,
  ],
  location: [/^(place|location|where|ort|raum|room)$/i, /place|locat|where|room|venue|ort\b|raum/i],
  status: [/^(status|state|stand)$/i, /status|state/i],
  attendees: [
    /^(attendees|guests|participants|people|gäste|teilnehmer)$/i,
    /attend|guest|particip|invit|teilnehm|gäst/i,
  ],
  link: [/^(link|url|meeting link|video)$/i, /link|url|meet|video|zoom/i],
};
const CANCELLED = /cancel|abgesagt|annul|storniert|entfällt/i;

const mappingSchema = z.object({
  columns: z.partialRecord(z.enum(MAPPED_FIELDS), z.string().min(1)),
  cancelledOption: z.string().nullable(),
  timeZone: z.string().min(1),
  defaultMinutes: z
    .int()
    .positive()
    .max(24 * 60),
  others: z.enum(["busy", "hidden"]),
});

/** A stored mapping, or null for what is none of ours. */
export function readMapping(stored: unknown): CalendarMapping | null {
  const parsed = mappingSchema.safeParse(stored);
  return parsed.success ? parsed.data : null;
}

/**
 * How the columns are probably meant, from their types and names. A column whose name says nothing is taken for the time when it
 * is the only date there is; for anything else it is left alone, because writing into somebody's column by mistake is worse
 * than leaving a field out.
 */
export function guessMapping(columns: readonly TableColumn[], timeZone: string): CalendarMapping {
  const chosen: Partial<Record<MappedField, string>> = {};
  const taken = new Set<string>();
  for (const field of MAPPED_FIELDS) {
    const fitting = columns.filter(({ id, type }) => FITTING_TYPES[field].includes(type) && !taken.has(id));
    const named = USUAL_NAMES[field].map((name) => fitting.filter((column) => name.test(column.name)));
    const best = named.find((matching) => matching.length > 0) ?? [];
    const only = field === "time" && fitting.length === 1 ? fitting : [];
    // Two dates that are called alike are no guess: whoever owns them has to say which one it is.
    const [column, ...others] = best.length > 0 ? best : only;
    if (!column || (field === "time" && others.length > 0)) continue;
    chosen[field] = column.id;
    taken.add(column.id);
  }
  const status = columns.find(({ id }) => id === chosen.status);
  return {
    columns: chosen,
    cancelledOption: status?.options.find((option) => CANCELLED.test(option)) ?? null,
    timeZone,
    defaultMinutes: DEFAULT_MINUTES,
    others: "busy",
  };
}

const FIELD_WORDS: Readonly<Record<MappedField, string>> = {
  title: "title",
  time: "date",
  description: "description",
  location: "place",
  status: "status",
  attendees: "guests",
  link: "link",
};

/** What is wrong with a mapping, column by column. Renamed columns are found by their ids and are fine. */
export function mappingProblems(
  mapping: CalendarMapping,
  columns: readonly TableColumn[],
  tableName: string,
): MappingProblem[] {
  const problems: MappingProblem[] = [];
  const usedBy = new Map<string, MappedField>();
  for (const field of MAPPED_FIELDS) {
    const id = mapping.columns[field];
    const word = FIELD_WORDS[field];
    if (id === undefined) {
      if (field === "title" || field === "time") {
        const message = `No column of “${tableName}” holds the ${word} of events; choose one.`;
        problems.push({ field, code: "missing", message });
      }
      continue;
    }
    const column = columns.find((one) => one.id === id);
    if (!column) {
      const message = `The column of “${tableName}” that held the ${word} is gone; choose another one.`;
      problems.push({ field, code: "column_gone", message });
      continue;
    }
    if (!FITTING_TYPES[field].includes(column.type)) {
      const message = `The column “${column.name}” of “${tableName}” is of type ${column.type}, which cannot hold the ${word}; choose another one.`;
      problems.push({ field, code: "column_type", message });
    }
    const other = usedBy.get(id);
    if (other) {
      const message = `The column “${column.name}” cannot hold both the ${FIELD_WORDS[other]} and the ${word}.`;
      problems.push({ field, code: "column_twice", message });
    }
    usedBy.set(id, field);
    const { cancelledOption } = mapping;
    if (field === "status" && cancelledOption !== null && !column.options.includes(cancelledOption)) {
      const message = `The column “${column.name}” has no option “${cancelledOption}” any more; choose the one that calls an event off.`;
      problems.push({ field, code: "option_gone", message });
    }
  }
  return problems;
}
