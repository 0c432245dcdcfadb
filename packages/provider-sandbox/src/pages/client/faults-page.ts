import { h, mainElement, messageOf, pageData, sandboxApi, toast } from "./dom.ts";
import { type JsonSchema, schemaField } from "./schema-field.ts";

const NAMES: Record<string, string> = { google: "Google", graph: "Microsoft", notion: "Notion" };

type Rule = { id?: string; fault: string } & Record<string, unknown>;

interface Faults {
  rules: Rule[];
  behaviours: Record<string, unknown>;
}

interface FaultsSchema extends JsonSchema {
  properties: { rules: { items: JsonSchema }; behaviours: JsonSchema } & Record<string, JsonSchema>;
}

const { schemas } = pageData<{ schemas: Record<string, FaultsSchema> }>();
const providerSelect = h(
  "select",
  { id: "provider", onchange: () => void showProvider() },
  Object.keys(schemas).map((name) => h("option", { value: name }, NAMES[name] ?? name)),
);
const ruleFormPart = h("div", {});

/** What a lost notification is called. */
const LOST: Record<string, string> = { notion: "dropDelivery" };

const presets = (provider: string): [string, Rule[]][] => [
  ["Everything works", []],
  ["Slow (1 s per call)", [{ fault: "delay", delayMs: 1_000 }]],
  ["Every fifth call fails", [{ fault: "serverError", probability: 0.2, status: 503 }]],
  ["Over quota now and then", [{ fault: "rateLimit", probability: 0.3 }]],
  ["Answers get lost", [{ fault: "loseAnswer", probability: 0.2 }]],
  ["No notifications", [{ fault: LOST[provider] ?? "dropNotification" }]],
];

let faults: Faults = { rules: [], behaviours: {} };
const rulesPart = h("div", {});
const presetsPart = h("div", { class: "buttons", role: "group", "aria-label": "Presets" });
const behavioursPart = h("div", {});

function path(): string {
  return `/sandbox/api/faults?provider=${providerSelect.value}`;
}

function schema(): FaultsSchema {
  return schemas[providerSelect.value] as FaultsSchema;
}

async function showProvider(): Promise<void> {
  ruleFormPart.replaceChildren(ruleForm());
  presetsPart.replaceChildren(
    ...presets(providerSelect.value).map(([label, rules]) =>
      h("button", { type: "button", onclick: () => void put({ rules }, label) }, label),
    ),
  );
  await load().catch((error: unknown) => toast(messageOf(error), "failed"));
}

async function put(change: Partial<Faults>, done: string): Promise<void> {
  try {
    await sandboxApi("PUT", path(), change);
    toast(done);
    await load();
  } catch (error) {
    toast(messageOf(error), "failed");
  }
}

function drawRules(): void {
  const rows = faults.rules.map((rule, index) => {
    const { id, fault, ...rest } = rule;
    const details = Object.entries(rest)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(", ");
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, fault),
      h("td", {}, details || "always"),
      h("td", { class: "muted" }, id ?? ""),
      h(
        "td",
        {},
        h(
          "button",
          {
            type: "button",
            "aria-label": `Remove ${fault}`,
            onclick: () =>
              void put({ rules: faults.rules.filter((_rule, other) => other !== index) }, "Removed"),
          },
          "Remove",
        ),
      ),
    );
  });
  rulesPart.replaceChildren(
    rows.length === 0
      ? h("p", {}, "No fault is switched on.")
      : h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["Fault", "When", "Name", ""].map((text) => h("th", { scope: "col" }, text)),
            ),
          ),
          h("tbody", {}, rows),
        ),
  );
}

function ruleForm(): HTMLElement {
  const fields = Object.entries(schema().properties.rules.items.properties ?? {})
    .filter(([name]) => name !== "id")
    .map(([name, property]) => schemaField(name, property, undefined, "rule"));
  const add = (event: Event) => {
    event.preventDefault();
    const rule: Record<string, unknown> = {};
    for (const field of fields) {
      const value = field.read();
      if (value !== undefined && value !== null) rule[field.name] = value;
    }
    void put({ rules: [...faults.rules, rule as Rule] }, "Added");
  };
  return h(
    "form",
    { onsubmit: add, "aria-label": "Add a fault" },
    h(
      "div",
      { class: "rules-form" },
      fields.map((field) => field.element),
    ),
    h("button", { type: "submit", class: "primary" }, "Add fault"),
  );
}

function drawBehaviours(): void {
  const fields = Object.entries(schema().properties.behaviours.properties ?? {}).map(([name, property]) =>
    schemaField(name, property, faults.behaviours[name], "behaviour"),
  );
  const save = (event: Event) => {
    event.preventDefault();
    const changed = fields
      .map((field): [string, unknown] => [field.name, field.read()])
      .filter(
        ([name, value]) =>
          value !== undefined && JSON.stringify(value) !== JSON.stringify(faults.behaviours[name]),
      );
    void put({ behaviours: Object.fromEntries(changed) }, "Saved");
  };
  behavioursPart.replaceChildren(
    h(
      "form",
      { onsubmit: save, "aria-label": "Behaviours" },
      h(
        "div",
        { class: "rules-form" },
        fields.map((field) => field.element),
      ),
      h("button", { type: "submit", class: "primary" }, "Save behaviours"),
    ),
  );
}

async function load(): Promise<void> {
  faults = await sandboxApi<Faults>("GET", path());
  drawRules();
  drawBehaviours();
}

mainElement().append(
  h(
    "p",
    {},
    "What goes wrong from now on, for every client of the provider. Pages of the sandbox itself are spared.",
  ),
  h("p", { class: "field" }, h("label", { for: "provider" }, "Provider"), providerSelect),
  h(
    "section",
    { class: "card", "aria-label": "Active faults" },
    h("h2", {}, "Active faults"),
    rulesPart,
    h("p", {}),
    presetsPart,
  ),
  h("section", { class: "card" }, h("h2", {}, "Add a fault"), ruleFormPart),
  h("section", { class: "card" }, h("h2", {}, "Behaviours"), behavioursPart),
);
void showProvider();
