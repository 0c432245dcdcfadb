import { h, mainElement, messageOf, sandboxApi, toast } from "./dom.ts";

interface Accounts {
  accounts: { email: string; workspace?: string; tables: { id: string; title: string }[] }[];
}

interface Column {
  id: string;
  name: string;
  type: string;
  options: string[];
}

interface Cell {
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

interface Table {
  title: string;
  columns: Column[];
  rows: { id: string; trashed: boolean; cells: Record<string, Cell> }[];
}

/** Columns that this page shows and lets a person edit; the others stay as they are. */
const EDITABLE: readonly string[] = [
  "title",
  "rich_text",
  "date",
  "select",
  "status",
  "checkbox",
  "url",
  "email",
];
const BURST_MS = 60;

const query = new URLSearchParams(location.search);
let account = query.get("account") ?? "";
let source = query.get("source") ?? "";
let showTrash = false;

const content = h("div");

async function start(): Promise<void> {
  const { accounts } = await sandboxApi<Accounts>("GET", "/sandbox/api/notion/accounts");
  const tables = accounts.flatMap(({ email, tables: own }) => own.map((table) => ({ email, ...table })));
  const chosen =
    tables.find(({ id, email }) => id === source && (account === "" || email === account)) ?? tables[0];
  if (!chosen) {
    mainElement().append(h("p", {}, "There is no database yet: an app that is connected can make one."));
    return;
  }
  account = chosen.email;
  source = chosen.id;
  const select = h(
    "select",
    {
      onchange: () => {
        const [email = "", id = ""] = select.value.split(" ");
        account = email;
        source = id;
        void draw();
      },
    },
    tables.map(({ email, id, title }) =>
      h("option", { value: `${email} ${id}`, selected: id === source }, `${title} · ${email}`),
    ),
  );
  mainElement().append(
    h("p", {}, h("label", {}, "Database ", select)),
    h(
      "p",
      {},
      h("button", { type: "button", onclick: () => void addRow() }, "New page"),
      " ",
      h(
        "label",
        {},
        h("input", {
          type: "checkbox",
          onchange: (event) => {
            showTrash = (event.target as HTMLInputElement).checked;
            void draw();
          },
        }),
        " Show the trash",
      ),
    ),
    content,
  );
  await draw();
  follow();
}

/** Draws the table anew, but not under the hands of somebody who is typing. */
async function draw(): Promise<void> {
  if (content.contains(document.activeElement) && document.activeElement?.matches("input, select")) return;
  const table = await sandboxApi<Table>("GET", `/sandbox/api/notion/tables/${source}`);
  const columns = table.columns.filter(({ type }) => EDITABLE.includes(type));
  const rows = table.rows.filter(({ trashed }) => trashed === showTrash);
  content.replaceChildren(
    h(
      "table",
      { "aria-label": table.title },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map(({ name }) => h("th", { scope: "col" }, name)),
          h("th", { scope: "col" }, "Page"),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) => {
          const titleColumn = columns.find(({ type }) => type === "title");
          const title = plain(row.cells[titleColumn?.name ?? ""]?.title) || "Untitled";
          return h(
            "tr",
            { "data-row": row.id },
            columns.map((column) => h("td", {}, editor(row.id, title, column, row.cells[column.name]))),
            h(
              "td",
              {},
              h(
                "button",
                { type: "button", onclick: () => void save(row.id, { trashed: !row.trashed }) },
                row.trashed ? `Restore ${title}` : `Move ${title} to the trash`,
              ),
            ),
          );
        }),
      ),
    ),
    rows.length === 0
      ? h("p", { class: "muted" }, showTrash ? "The trash is empty." : "There are no pages.")
      : "",
  );
}

const plain = (parts: { plain_text: string }[] | undefined): string =>
  (parts ?? []).map(({ plain_text: text }) => text).join("");

/** What a cell is edited with. Saved when it is left. */
function editor(rowId: string, title: string, column: Column, cell: Cell | undefined): HTMLElement {
  const label = `${column.name} of ${title}`;
  const write = (value: unknown) => void save(rowId, { values: { [column.name]: value } });
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

async function save(rowId: string, change: { values?: object; trashed?: boolean }): Promise<void> {
  try {
    await sandboxApi("PATCH", `/sandbox/api/notion/rows/${rowId}`, { account, ...change });
    toast("Saved.");
  } catch (error) {
    toast(messageOf(error), "failed");
  }
  await draw();
}

async function addRow(): Promise<void> {
  try {
    await sandboxApi("POST", "/sandbox/api/notion/rows", { account, source, values: {} });
  } catch (error) {
    toast(messageOf(error), "failed");
  }
  await draw();
}

function follow(): void {
  const stream = new EventSource("/sandbox/api/notion/changes");
  let timer: ReturnType<typeof setTimeout> | undefined;
  stream.addEventListener("change", () => {
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void draw();
    }, BURST_MS);
  });
}

start().catch((error: unknown) => toast(messageOf(error), "failed"));
