import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { validationError } from "../errors.ts";
import type { Property } from "../types.ts";
import { COMPUTED_TYPES, type PropertyType, WRITABLE_TYPES } from "./property-types.ts";

const STATUS_OPTIONS = ["Not started", "In progress", "Done"];
const optionsSchema = z.object({ options: z.array(z.object({ name: z.string() })).optional() }).optional();
const isType = (text: string): text is PropertyType =>
  ([...WRITABLE_TYPES, ...COMPUTED_TYPES] as string[]).includes(text);

const hasOptions = (type: PropertyType): boolean =>
  type === "select" || type === "multi_select" || type === "status";

/** An option as Notion makes it: select and multi-select ones come into being when they are first written. */
const newOption = (name: string): Property["options"][number] => ({
  id: randomUUID(),
  name,
  color: "default",
});

/** A column's id: a few characters of which a URL has to escape one, printed escaped; the title's is `title`. */
function propertyId(type: PropertyType): string {
  if (type === "title") return "title";
  // One that needs escaping is always among them, so that nobody forgets to decode.
  return `${randomBytes(4).toString("base64url")}:`;
}

/** Makes a column. */
export function newProperty(name: string, type: PropertyType, options?: readonly string[]): Property {
  const names = options ?? (type === "status" ? STATUS_OPTIONS : []);
  return {
    id: propertyId(type),
    name,
    type,
    options: hasOptions(type) ? names.map(newOption) : [],
  };
}

/** Reads the `properties` of a schema request; null removes one. @throws NotionApiError 400 */
export function readSchemaChange(
  properties: Readonly<Record<string, unknown>>,
): Map<string, { name?: string; type?: PropertyType; options?: string[] } | null> {
  const changes = new Map<string, { name?: string; type?: PropertyType; options?: string[] } | null>();
  for (const [key, value] of Object.entries(properties)) {
    if (value === null) {
      changes.set(key, null);
      continue;
    }
    if (typeof value !== "object")
      throw validationError(`body.properties.${key} should be an object or null.`);
    const entries = Object.entries(value).filter(
      ([name]) => !["id", "type", "name", "description"].includes(name),
    );
    const [type] = entries[0] ?? [];
    if (type !== undefined && !isType(type)) {
      throw validationError(`body.properties.${key}: "${type}" is not a type that can be set.`);
    }
    const options =
      type === undefined ? undefined : optionsSchema.safeParse(Object.fromEntries(entries)[type]);
    const named = "name" in value && typeof value.name === "string" ? value.name : undefined;
    changes.set(key, {
      ...(named === undefined ? {} : { name: named }),
      ...(type === undefined ? {} : { type }),
      ...(options?.success && options.data?.options
        ? { options: options.data.options.map((option) => option.name) }
        : {}),
    });
  }
  return changes;
}

/** Carries a schema change out on a copy. @throws NotionApiError 400 for an unknown column, a second title, a taken name */
export function changeSchema(
  current: readonly Property[],
  changes: ReturnType<typeof readSchemaChange>,
): Property[] {
  let next = current.map((property) => ({ ...property, options: [...property.options] }));
  for (const [key, change] of changes) {
    const property = findProperty(next, key);
    if (change === null) {
      if (!property) throw validationError(`Could not find property with name or id: ${key}`);
      if (property.type === "title") throw validationError("The title property cannot be removed.");
      next = next.filter((one) => one !== property);
    } else if (!property) {
      if (change.type === undefined) throw validationError(`Could not find property with name or id: ${key}`);
      if (change.type === "title") throw validationError("A data source has one title property.");
      next.push(newProperty(change.name ?? key, change.type, change.options));
    } else {
      if (change.name !== undefined) property.name = change.name;
      if (change.options) addOptions(property, change.options);
      if (change.type !== undefined && change.type !== property.type) {
        if (property.type === "title") throw validationError("The title property keeps its type.");
        property.type = change.type;
        property.options = hasOptions(change.type) ? (change.options ?? []).map(newOption) : [];
      }
    }
  }
  if (new Set(next.map(({ name }) => name)).size < next.length)
    throw validationError("Two properties cannot have one name.");
  return next;
}

/** Adds the options that a column does not know. */
export function addOptions(property: Property, names: readonly string[]): void {
  for (const name of names)
    if (!property.options.some((option) => option.name === name)) property.options.push(newOption(name));
}

/** A column by its name, or by its id escaped or not. */
export function findProperty(properties: readonly Property[], key: string): Property | undefined {
  return (
    properties.find(({ name }) => name === key) ??
    properties.find(({ id }) => id === key || encodeURIComponent(id) === key)
  );
}
