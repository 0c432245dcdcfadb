import { h, mainElement, messageOf, sandboxApi, toast } from "./dom.ts";
import { type Cell, type Column, EDITABLE, editor, plain } from "./notion-cells.ts";
import { columnSettings, webhookSettings } from "./notion-settings.ts";

interface Accounts {
  accounts: { email: string; workspace?: string; tables: { id: string; title: string }[] }[];
}

interface Table {
  title: string;
  columns: Column[];
  rows: { id: string; trashed: boolean; cells: Record<string, Cell> }[];
}

const BURST_MS = 60;

const query = new URLSearchParams(location.search);
let account = query.get("account") ?? "";
let source = query.get("source") ?? "";
let showTrash = false;

const content = h("div", { class: "table" });
const settings = h("div");
const columnsCard = h("details", { class: "card" }, h("summary", {}, "Columns"), settings);

async function start(): Promise<void> {
  const { accounts } = await sandboxApi<Accounts>("GET", "/sandbox/api/notion/accounts");
  const tables = accounts.flatMap(({ email, tables: own }) => own.map((table) => ({ email, ...table })));
  const chosen =
    tables.find(({ id, email }) => id === source && (account === "" || email === account)) ?? tables[0];
  if (!chosen) {
    const none = h("p", {}, "There is no database yet: an app that is connected can make one.");
    return mainElement().append(none, await webhookSettings());
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
      h("span", { class: "muted" }, " · Times are in UTC."),
    ),
    content,
    columnsCard,
    await webhookSettings(),
  );
  await draw();
  follow();
}

/** Draws the table anew, but not under the hands of somebody who is typing. */
async function draw(): Promise<void> {
  const hands = document.activeElement;
  if ((content.contains(hands) || settings.contains(hands)) && hands?.matches("input, select")) return;
  const table = await sandboxApi<Table>("GET", `/sandbox/api/notion/tables/${source}`);
  const columns = table.columns.filter(({ type }) => EDITABLE.includes(type));
  const rows = table.rows.filter(({ trashed }) => trashed === showTrash);
  settings.replaceChildren(...columnSettings(table.columns, changeColumn));
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
          columns.map(({ name, type }) => h("th", { scope: "col", class: `of-${type}` }, name)),
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
            columns.map((column) =>
              h(
                "td",
                {},
                editor(title, column, row.cells[column.name], (value) =>
                  save(row.id, { values: { [column.name]: value } }),
                ),
              ),
            ),
            h(
              "td",
              {},
              h(
                "button",
                {
                  type: "button",
                  "aria-label": row.trashed ? `Restore ${title}` : `Move ${title} to the trash`,
                  onclick: () => void save(row.id, { trashed: !row.trashed }),
                },
                row.trashed ? "Restore" : "Trash",
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

/** Renames a column, or deletes it (null). */
async function changeColumn(column: string, name: string | null): Promise<void> {
  try {
    const path = `/sandbox/api/notion/tables/${source}/columns/${encodeURIComponent(column)}`;
    await sandboxApi("PATCH", path, { account, name });
    toast(name === null ? "Deleted." : "Renamed.");
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
