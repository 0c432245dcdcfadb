import { h, messageOf, sandboxApi, toast } from "./dom.ts";
import type { Column } from "./notion-cells.ts";

interface Webhooks {
  integrations: { id: string; name: string }[];
  webhooks: { id: string; integration: string; url: string; state: string }[];
}

/** Where a person renames columns and deletes them. `change` is given a column's name and its next one, null to delete it. */
export function columnSettings(
  columns: readonly Column[],
  change: (column: string, name: string | null) => Promise<void>,
): HTMLElement[] {
  return columns.map(({ name, type }) => {
    const input = h("input", {
      type: "text",
      value: name,
      "aria-label": `Name of the column ${name}`,
      onchange: () => {
        input.blur();
        void change(name, input.value);
      },
    });
    const remove = h(
      "button",
      {
        type: "button",
        class: "danger",
        "aria-label": `Delete the column ${name}`,
        onclick: () => void change(name, null),
      },
      "Delete",
    );
    // Every table has its title.
    return h(
      "p",
      { class: "buttons" },
      input,
      h("span", { class: "muted grow" }, type),
      type !== "title" && remove,
    );
  });
}

/** What Notion has in an integration's settings: where events are sent, and that the token has arrived there. */
export async function webhookSettings(): Promise<HTMLElement> {
  const list = h("div");
  const integration = h("select", { id: "webhook-integration" });
  const url = h("input", { type: "url", id: "webhook-url", required: true, class: "grow" });
  const form = h(
    "form",
    { class: "buttons", "aria-label": "New webhook" },
    h("label", { for: "webhook-integration" }, "Integration"),
    integration,
    h("label", { for: "webhook-url" }, "Address"),
    url,
    h("button", { type: "submit" }, "Create subscription"),
  );
  const attempt = async (act: () => Promise<unknown>, done: string) => {
    try {
      await act();
      toast(done);
    } catch (error) {
      toast(messageOf(error), "failed");
    }
    await load();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = { integrationId: integration.value, url: url.value };
    void attempt(() => sandboxApi("POST", "/sandbox/api/notion/webhooks", body), "The token was sent there.");
  });

  async function load(): Promise<void> {
    const { integrations, webhooks } = await sandboxApi<Webhooks>("GET", "/sandbox/api/notion/webhooks");
    integration.replaceChildren(...integrations.map(({ id, name }) => h("option", { value: id }, name)));
    integration.selectedIndex = integrations.length - 1;
    list.replaceChildren(...webhooks.map(entry));
  }

  function entry(webhook: Webhooks["webhooks"][number]): HTMLElement {
    const path = `/sandbox/api/notion/webhooks/${webhook.id}`;
    const token = h("input", { type: "text", required: true, "aria-label": "Verification token" });
    const confirm = h("form", { class: "buttons" }, token, h("button", { type: "submit" }, "Verify"));
    confirm.addEventListener("submit", (event) => {
      event.preventDefault();
      void attempt(() => sandboxApi("POST", `${path}/confirm`, { token: token.value }), "Verified.");
    });
    return h(
      "div",
      { class: "buttons webhook" },
      h("code", { class: "grow" }, webhook.url),
      h("span", { class: "badge" }, `${webhook.integration}: ${webhook.state}`),
      webhook.state === "pending" && confirm,
      h(
        "button",
        {
          type: "button",
          class: "danger",
          onclick: () => void attempt(() => sandboxApi("DELETE", path), "Deleted."),
        },
        "Delete",
      ),
    );
  }

  await load();
  return h("details", { class: "card" }, h("summary", {}, "Webhooks"), list, form);
}
