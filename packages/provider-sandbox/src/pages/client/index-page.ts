import { h, mainElement, messageOf, pageData, sandboxApi, toast } from "./dom.ts";

interface Overview {
  accounts: {
    email: string;
    name?: string;
    calendars?: { id: string; summary?: string; timeZone?: string }[];
  }[];
}

interface NotionOverview {
  accounts: { email: string; tables: { id: string; title: string }[] }[];
}

const { smtpPort, graphUrl } = pageData<{ smtpPort: number | null; graphUrl: string }>();

function calendarLink(page: string, account: string, calendarId: string, text: string): HTMLElement {
  return h("a", { href: `${page}?${new URLSearchParams({ account, calendar: calendarId })}` }, text);
}

function accountTable(page: string, { accounts }: Overview): HTMLElement {
  if (accounts.length === 0)
    return h("p", {}, "There is no account yet: an app's consent page can make one.");
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Account"), h("th", { scope: "col" }, "Calendars"))),
    h(
      "tbody",
      {},
      accounts.map((account) =>
        h(
          "tr",
          {},
          h(
            "th",
            { scope: "row" },
            h("a", { href: `${page}?${new URLSearchParams({ account: account.email })}` }, account.email),
            account.name ? h("div", { class: "muted" }, account.name) : null,
          ),
          h(
            "td",
            {},
            (account.calendars ?? []).map((calendar) =>
              h(
                "div",
                {},
                calendarLink(page, account.email, calendar.id, calendar.summary ?? calendar.id),
                calendar.timeZone ? h("span", { class: "muted" }, ` · ${calendar.timeZone}`) : null,
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

function entry(href: string, title: string, text: string): HTMLElement {
  return h("section", { class: "card" }, h("h2", {}, h("a", { href }, title)), h("p", {}, text));
}

/** People of the simulated Notion, with their databases. */
function notionTable({ accounts }: NotionOverview): HTMLElement {
  if (accounts.length === 0) return h("p", {}, "There is no account yet.");
  const link = (email: string, source: string, text: string) =>
    h("div", {}, h("a", { href: `/notion?${new URLSearchParams({ account: email, source })}` }, text));
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Account"), h("th", { scope: "col" }, "Databases"))),
    h(
      "tbody",
      {},
      accounts.map(({ email, tables }) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, email),
          h(
            "td",
            {},
            tables.map(({ id, title }) => link(email, id, title)),
          ),
        ),
      ),
    ),
  );
}

async function show(): Promise<void> {
  const notion = await sandboxApi<NotionOverview>("GET", "/sandbox/api/notion/accounts");
  const [google, outlook] = await Promise.all(
    ["google", "graph"].map((provider) =>
      sandboxApi<Overview>("GET", `/sandbox/api/accounts?provider=${provider}`),
    ),
  );
  if (!google || !outlook) return;
  const origin = location.origin;
  mainElement().append(
    h(
      "p",
      {},
      "This server stands in for calendar providers on this machine. It keeps its own accounts, calendars and mail; nothing leaves the machine.",
    ),
    h("section", { class: "card" }, h("h2", {}, "Google accounts"), accountTable("/google", google)),
    h("section", { class: "card" }, h("h2", {}, "Microsoft accounts"), accountTable("/outlook", outlook)),
    h("section", { class: "card" }, h("h2", {}, "Notion accounts"), notionTable(notion)),
    entry(
      "/google",
      "Google Calendar",
      "What a person sees and does in Google's own page: create, drag, resize, edit, delete.",
    ),
    entry("/outlook", "Outlook", "The same in Outlook."),
    entry(
      "/notion",
      "Notion",
      "Databases as tables: edit rows and columns, use the trash, set a webhook up.",
    ),
    entry(
      "/mail",
      "Mailbox",
      smtpPort === null
        ? "Switched off: the sandbox was started without its SMTP server."
        : `Every mail sent over SMTP to 127.0.0.1:${smtpPort}, with its invitations.`,
    ),
    entry(
      "/faults",
      "Faults",
      "Make the provider slow, failing, forgetful or over quota, and see what an app does.",
    ),
    h(
      "section",
      { class: "card" },
      h("h2", {}, "Addresses"),
      h(
        "dl",
        {},
        ...Object.entries({
          "Calendar API": `${origin}/calendar/v3`,
          Consent: `${origin}/o/oauth2/v2/auth`,
          Token: `${origin}/token`,
          "Microsoft Graph": graphUrl ? `${graphUrl}/v1.0` : "off",
          "Microsoft sign-in": `${origin}/microsoft`,
          "Notion API": `${origin}/v1`,
          SMTP: smtpPort === null ? "off" : `127.0.0.1:${smtpPort}`,
        }).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, h("code", {}, value))]),
      ),
    ),
  );
}

show().catch((error: unknown) => toast(messageOf(error), "failed"));
