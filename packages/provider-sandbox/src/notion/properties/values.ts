import type { PageObjectResponse } from "@notionhq/client";
import { z } from "zod";
import { validationError } from "../errors.ts";
import type { CellValue, Property } from "../types.ts";
import { readDate } from "./dates.ts";
import type { WritableType } from "./property-types.ts";
import { addOptions } from "./schema.ts";

const MAX_TEXT = 2_000;
const MAX_ITEMS = 100;

type ShownValue = PageObjectResponse["properties"][string];

const textSchema = z.array(
  z.object({ text: z.object({ content: z.string() }).optional(), plain_text: z.string().optional() }),
);
const optionSchema = z.object({ name: z.string().optional(), id: z.string().optional() });
const SCHEMAS: Record<WritableType, z.ZodType> = {
  title: textSchema,
  rich_text: textSchema,
  date: z
    .object({
      start: z.string(),
      end: z.string().nullish(),
      time_zone: z.string().nullish(),
    })
    .nullable(),
  select: optionSchema.nullable(),
  status: optionSchema.nullable(),
  multi_select: z.array(optionSchema),
  checkbox: z.boolean(),
  number: z.number().nullable(),
  url: z.string().nullable(),
  email: z.string().nullable(),
  phone_number: z.string().nullable(),
  people: z.array(z.object({ id: z.string() })),
};

/** How strictly values are read; see the switches of the same names. */
export interface ValueRules {
  acceptZoneWithOffset: boolean;
  /** Whether the writer may add options to a column. */
  mayAddOptions: boolean;
}

/** Reads what a request writes into a column. Options that are new are added to the column. @throws NotionApiError 400 */
export function readValue(property: Property, body: unknown, rules: ValueRules): CellValue {
  const { name, type } = property;
  const schema = type in SCHEMAS ? SCHEMAS[type as WritableType] : undefined;
  if (!schema) throw validationError(`${name} is ${type}, which cannot be written.`);
  if (typeof body !== "object" || body === null || !(type in body))
    throw validationError(`${name} is expected to be ${type}.`);
  const parsed = schema.safeParse((body as Record<string, unknown>)[type]);
  if (!parsed.success)
    throw validationError(`${name} is expected to be ${type}: ${z.prettifyError(parsed.error)}`);
  return toCell(property, parsed.data, rules);
}

function toCell(property: Property, value: unknown, rules: ValueRules): CellValue {
  switch (property.type) {
    case "title":
    case "rich_text":
      return {
        type: property.type,
        segments: readSegments(property.name, value as z.output<typeof textSchema>),
      };
    case "date":
      return {
        type: "date",
        date:
          value === null
            ? null
            : readDate(value as Parameters<typeof readDate>[0], rules.acceptZoneWithOffset),
      };
    case "select":
    case "status": {
      const wanted = value as z.output<typeof optionSchema> | null;
      // A status that is reset has its default again.
      if (wanted === null)
        return {
          type: property.type,
          option: property.type === "status" ? (property.options[0]?.name ?? null) : null,
        };
      return { type: property.type, option: readOption(property, wanted, rules) };
    }
    case "multi_select": {
      const wanted = limited(property.name, value as z.output<typeof optionSchema>[]);
      return { type: "multi_select", options: wanted.map((option) => readOption(property, option, rules)) };
    }
    case "checkbox":
      return { type: "checkbox", checked: value as boolean };
    case "number":
      return { type: "number", number: value as number | null };
    case "people":
      return { type: "people", ids: limited(property.name, value as { id: string }[]).map(({ id }) => id) };
    default: {
      const text = value as string | null;
      const max = property.type === "url" ? MAX_TEXT : 200;
      if ((text?.length ?? 0) > max)
        throw validationError(`${property.name} should be at most ${max} characters.`);
      return { type: property.type as "url" | "email" | "phone_number", text: text === "" ? null : text };
    }
  }
}

function readSegments(name: string, items: z.output<typeof textSchema>): string[] {
  return limited(name, items).map((item) => {
    const content = item.text?.content ?? item.plain_text ?? "";
    if (content.length > MAX_TEXT) {
      throw validationError(
        `body.properties.${name}.text.content.length should be ≤ \`${MAX_TEXT}\`, instead was \`${content.length}\`.`,
      );
    }
    return content;
  });
}

function readOption(
  property: Property,
  wanted: z.output<typeof optionSchema>,
  { mayAddOptions }: ValueRules,
): string {
  const known = property.options.find(({ id, name }) => id === wanted.id || name === wanted.name);
  if (known) return known.name;
  const { name } = wanted;
  if (name === undefined) throw validationError(`${property.name} has no option ${wanted.id}.`);
  if (property.type === "status")
    throw validationError(`Invalid status option. Status option "${name}" does not exist.`);
  if (name.includes(",")) throw validationError("Names of options must not hold a comma.");
  if (!mayAddOptions) throw validationError(`${property.name} has no option "${name}".`);
  addOptions(property, [name]);
  return name;
}

function limited<T>(name: string, items: T[]): T[] {
  if (items.length > MAX_ITEMS) throw validationError(`${name} should have at most ${MAX_ITEMS} items.`);
  return items;
}

/** What an unwritten column holds. */
export function emptyCell(property: Property): CellValue | null {
  switch (property.type) {
    case "title":
    case "rich_text":
      return { type: property.type, segments: [] };
    case "date":
      return { type: "date", date: null };
    case "select":
      return { type: "select", option: null };
    case "status":
      return { type: "status", option: property.options[0]?.name ?? null };
    case "multi_select":
      return { type: "multi_select", options: [] };
    case "checkbox":
      return { type: "checkbox", checked: false };
    case "number":
      return { type: "number", number: null };
    case "url":
    case "email":
    case "phone_number":
      return { type: property.type, text: null };
    case "people":
      return { type: "people", ids: [] };
    default:
      return null;
  }
}

/** Text as Notion shows it. */
export const richText = (segments: readonly string[]) =>
  segments.map((content) => ({
    type: "text" as const,
    text: { content, link: null },
    annotations: {
      bold: false,
      italic: false,
      strikethrough: false,
      underline: false,
      code: false,
      color: "default" as const,
    },
    plain_text: content,
    href: null,
  }));

/** A cell as Notion shows it. Computed columns are the caller's. */
export function showValue(property: Property, cell: CellValue): ShownValue {
  const id = encodeURIComponent(property.id);
  return { id, type: cell.type, ...shownContent(property, cell) } as ShownValue;
}

function shownContent(property: Property, cell: CellValue): Record<string, unknown> {
  switch (cell.type) {
    case "title":
    case "rich_text":
      return { [cell.type]: richText(cell.segments) };
    case "date":
      return { date: cell.date ? { ...cell.date, time_zone: null } : null };
    case "select":
    case "status":
      return { [cell.type]: property.options.find(({ name }) => name === cell.option) ?? null };
    case "multi_select":
      return { multi_select: property.options.filter(({ name }) => cell.options.includes(name)) };
    case "checkbox":
      return { checkbox: cell.checked };
    case "number":
      return { number: cell.number };
    case "people":
      return { people: cell.ids.map((id) => ({ object: "user", id })) };
    default:
      return { [cell.type]: cell.text };
  }
}

/** The plain text of a title or text cell. */
export const plainText = (cell: CellValue | undefined): string =>
  cell && "segments" in cell ? cell.segments.join("") : "";
