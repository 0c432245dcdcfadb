import { h } from "./dom.ts";

/** A column of a table, as the sandbox tells of it. */
export interface Column {
  id: string;
  name: string;
  type: string;
  options: string[];
}

/** What stands in a cell, as the API shows it. */
export interface Cell {
  type: string;
  title?: { plain_text: string }[];
  rich_text?: { plain_text: string }[];
  date?: { start: string; end: string | null } | null;
  select?: { name: string } | null;
  status?: { name: string } | null;
  checkbox?: boolean;
  url?: string | null;
  email?: string | null;
}

/** Columns that this page shows and lets a person edit; the others stay as they are. */
export const EDITABLE: readonly string[] = [
  "title",
  "rich_text",
  "date",
  "select",
  "status",
  "checkbox",
  "url",
  "email",
];

/** Rich text without its looks. */
export const plain = (parts: { plain_text: string }[] | undefined): string =>
  (parts ?? []).map(({ plain_text: text }) => text).join("");

/** What a cell is edited with. `write` is given its new value when it is left. */
export function editor(
  title: string,
  column: Column,
  cell: Cell | undefined,
  write: (value: unknown) => void,
): HTMLElement {
  const label = `${column.name} of ${title}`;
  switch (column.type) {
    case "title":
    case "rich_text": {
      const key = column.type;
      const text = plain(cell?.[key]);
      return field(label, "text", text, (value) =>
        write({ [key]: value === "" ? [] : [{ text: { content: value } }] }),
      );
    }
    case "url":
    case "email": {
      const key = column.type;
      return field(label, "text", cell?.[key] ?? "", (value) => write({ [key]: value || null }));
    }
    case "checkbox":
      return h("input", {
        type: "checkbox",
        "aria-label": label,
        checked: cell?.checkbox === true,
        onchange: (event) => write({ checkbox: (event.target as HTMLInputElement).checked }),
      });
    case "select":
    case "status": {
      const key = column.type;
      const chosen = cell?.[key]?.name ?? "";
      const select = h(
        "select",
        {
          "aria-label": label,
          onchange: () => {
            select.blur();
            write({ [key]: select.value === "" ? null : { name: select.value } });
          },
        },
        ["", ...column.options].map((name) => h("option", { value: name, selected: name === chosen }, name)),
      );
      return select;
    }
    default:
      return dateEditor(label, cell?.date ?? null, (date) => write({ date }));
  }
}

function field(label: string, type: string, value: string, save: (value: string) => void): HTMLElement {
  const input = h("input", {
    type,
    value,
    "aria-label": label,
    onchange: () => {
      input.blur();
      save(input.value);
    },
  });
  return input;
}

/** Start and end: days, or times in UTC, which is what the API shows. */
function dateEditor(
  label: string,
  date: { start: string; end: string | null } | null,
  save: (date: { start: string; end: string | null } | null) => void,
): HTMLElement {
  const days = date !== null && /^\d{4}-\d{2}-\d{2}$/.test(date.start);
  const type = days ? "date" : "datetime-local";
  const shown = (text: string | null | undefined) =>
    !text ? "" : days ? text : new Date(text).toISOString().slice(0, 16);
  const written = (text: string) => (days ? text : `${text}:00.000Z`);
  let start = shown(date?.start);
  let end = shown(date?.end);
  const changed = () => {
    if (start === "") return save(null);
    save({ start: written(start), end: end === "" ? null : written(end) });
  };
  return h(
    "span",
    { class: "dates" },
    field(`${label}, start`, type, start, (value) => {
      // The end goes along, as it does when a person drags a page.
      if (start !== "" && end !== "" && value !== "")
        end = moved(end, Date.parse(`${value}Z`) - Date.parse(`${start}Z`));
      start = value;
      changed();
    }),
    field(`${label}, end`, type, end, (value) => {
      end = value;
      changed();
    }),
  );

  function moved(text: string, byMs: number): string {
    const at = new Date(Date.parse(`${text}Z`) + (Number.isNaN(byMs) ? 0 : byMs)).toISOString();
    return at.slice(0, text.length);
  }
}
