import { h } from "./dom.ts";

/** The part of JSON Schema that the fault switches use. */
export interface JsonSchema {
  type?: string;
  description?: string;
  enum?: (string | number)[];
  const?: string | number;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  prefixItems?: JsonSchema[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
}

/** A field of a form, and how to read it. */
export interface SchemaField {
  name: string;
  element: HTMLElement;
  /** The value; undefined for nothing chosen, null where the schema has a null for that. */
  read(): unknown;
}

/** Draws the input for one property of a schema. `group` keeps ids apart on a page with several forms. */
export function schemaField(name: string, schema: JsonSchema, value: unknown, group: string): SchemaField {
  const id = `${group}-${name}`;
  const nullable = schema.anyOf?.some((option) => option.type === "null") ?? false;
  const inner = nullable
    ? (schema.anyOf ?? []).filter((option) => option.type !== "null")
    : (schema.anyOf ?? [schema]);
  const hint = schema.description ? h("span", { class: "hint", id: `${id}-hint` }, schema.description) : null;
  const choices = choicesOf(inner);
  const only = inner[0] ?? {};

  if (choices) {
    const select = h(
      "select",
      { id, "aria-describedby": hint?.id },
      choices.map((choice) =>
        h("option", { value: JSON.stringify(choice), selected: choice === value }, String(choice)),
      ),
    );
    return { name, element: row(id, name, select, hint), read: () => JSON.parse(select.value) };
  }
  if (only.type === "boolean") {
    const box = h("input", { type: "checkbox", id, checked: value === true });
    return {
      name,
      element: h(
        "div",
        { class: "field" },
        h("div", { class: "field check" }, box, h("label", { for: id }, name)),
        hint,
      ),
      read: () => box.checked,
    };
  }
  if (only.properties) return objectField(name, only, value, id, hint, nullable);
  if (only.prefixItems) return tupleField(name, only.prefixItems, value, id, hint);

  const numeric = only.type === "number" || only.type === "integer";
  const input = h("input", {
    id,
    type: numeric ? "number" : "text",
    step: only.type === "integer" ? 1 : "any",
    min: only.minimum !== undefined && only.minimum > -1e15 ? only.minimum : null,
    max: only.maximum !== undefined && only.maximum < 1e15 ? only.maximum : null,
    value: value === undefined || value === null ? "" : String(value),
    placeholder: nullable ? "none" : null,
    "aria-describedby": hint?.id,
  });
  return {
    name,
    element: row(id, name, input, hint),
    read: () =>
      input.value === "" ? (nullable ? null : undefined) : numeric ? Number(input.value) : input.value,
  };
}

function row(id: string, name: string, input: HTMLElement, hint: HTMLElement | null): HTMLElement {
  return h("div", { class: "field" }, h("label", { for: id }, name), input, hint);
}

function choicesOf(options: JsonSchema[]): (string | number)[] | null {
  const first = options[0];
  if (options.length === 1 && first?.enum) return first.enum;
  const values = options.map((option) => option.const);
  return values.every((value) => value !== undefined) ? values : null;
}

function objectField(
  name: string,
  schema: JsonSchema,
  value: unknown,
  id: string,
  hint: HTMLElement | null,
  nullable: boolean,
): SchemaField {
  const known = (value ?? {}) as Record<string, unknown>;
  const fields = Object.entries(schema.properties ?? {}).map(([key, property]) =>
    schemaField(key, property, known[key], id),
  );
  return {
    name,
    element: h(
      "fieldset",
      { id },
      h("legend", {}, name),
      hint,
      fields.map((field) => field.element),
    ),
    read: () => {
      const entries = fields
        .map((field): [string, unknown] => [field.name, field.read()])
        .filter(([, fieldValue]) => fieldValue !== undefined);
      return entries.length === 0 ? (nullable ? null : undefined) : Object.fromEntries(entries);
    },
  };
}

function tupleField(
  name: string,
  items: JsonSchema[],
  value: unknown,
  id: string,
  hint: HTMLElement | null,
): SchemaField {
  const known = Array.isArray(value) ? value : [];
  const inputs = items.map((_item, index) =>
    h("input", {
      type: "number",
      step: "any",
      value: String(known[index] ?? ""),
      "aria-label": `${name} ${index + 1}`,
    }),
  );
  return {
    name,
    element: h("fieldset", { id }, h("legend", {}, name), hint, h("div", { class: "pair" }, inputs)),
    read: () =>
      inputs.some((input) => input.value === "") ? undefined : inputs.map((input) => Number(input.value)),
  };
}
