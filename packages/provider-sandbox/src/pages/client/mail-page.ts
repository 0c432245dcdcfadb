import type { Invitation, InvitationTime, Mail, MailSummary } from "../../mail/types.ts";
import { h, mainElement, messageOf, pageData, sandboxApi, toast } from "./dom.ts";

const { smtpPort } = pageData<{ smtpPort: number | null }>();
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const query = new URLSearchParams(location.search);

const recipientSelect = h("select", {
  id: "recipient",
  onchange: () => {
    recipient = recipientSelect.value;
    remember();
    drawList();
  },
});
const clearButton = h("button", { type: "button", onclick: () => void clear() }, "Empty mailbox");
const list = h("ul", { class: "mail-list", "aria-label": "Mails" });
const detail = h("article", { "aria-label": "Mail", "aria-live": "polite" });

let recipient = query.get("to")?.toLowerCase() ?? "";
let openId = query.get("mail") ?? "";
let mails: MailSummary[] = [];

function drawRecipients(): void {
  const counts = new Map<string, number>();
  for (const mail of mails) for (const to of mail.recipients) counts.set(to, (counts.get(to) ?? 0) + 1);
  if (recipient && !counts.has(recipient)) counts.set(recipient, 0);
  recipientSelect.replaceChildren(
    h("option", { value: "" }, `Everybody (${mails.length})`),
    ...[...counts].sort().map(([to, count]) => h("option", { value: to }, `${to} (${count})`)),
  );
  recipientSelect.value = recipient;
}

function drawList(): void {
  const shown = recipient ? mails.filter((mail) => mail.recipients.includes(recipient)) : mails;
  list.replaceChildren(
    ...shown.map((mail) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            "data-mail-id": mail.id,
            "aria-current": mail.id === openId ? "true" : null,
            onclick: () => void open(mail.id),
          },
          h("span", { class: "subject" }, mail.subject || "(No subject)"),
          mail.methods.map((method) => h("span", { class: "badge" }, method || "calendar")),
          h("span", { class: "muted" }, ` to ${mail.recipients.join(", ")} · ${moment(mail.receivedAt)}`),
        ),
      ),
    ),
  );
  if (shown.length === 0)
    list.append(h("li", { class: "muted" }, "No mail yet. It appears here as it comes in."));
}

function moment(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(
    new Date(instant),
  );
}

function when(time: InvitationTime): HTMLElement {
  if (time.date) return h("time", { datetime: time.date }, `${time.date} (all day)`);
  if (!time.instant) return h("span", {}, `${time.local} (no zone)`);
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
  const written = time.timeZone === zone ? "" : ` — sent as ${time.local} ${time.timeZone}`;
  return h(
    "span",
    {},
    h("time", { datetime: time.instant }, `${format.format(new Date(time.instant))} (${zone})`),
    h("span", { class: "muted" }, written),
  );
}

function showInvitation(invitation: Invitation): HTMLElement {
  const rows: [string, string | Node | undefined][] = [
    ["METHOD", invitation.method],
    ["UID", h("code", {}, invitation.uid)],
    ["SEQUENCE", String(invitation.sequence)],
    ["STATUS", invitation.status],
    ["Starts", invitation.start && when(invitation.start)],
    ["Ends", invitation.end && when(invitation.end)],
    ["Instance", invitation.recurrenceId && when(invitation.recurrenceId)],
    ["Repeats", invitation.recurrenceRule],
    ["Location", invitation.location],
    ["Organizer", invitation.organizer],
    [
      "Attendees",
      invitation.attendees
        .map(({ address, status }) => (status ? `${address} (${status})` : address))
        .join(", "),
    ],
  ];
  return h(
    "section",
    { class: "card invitation", "aria-label": "Invitation" },
    h("h2", {}, invitation.summary || "Invitation"),
    h(
      "dl",
      {},
      rows.flatMap(([name, value]) => (value ? [h("dt", {}, name), h("dd", {}, value)] : [])),
    ),
  );
}

function showBody(mail: Mail): HTMLElement {
  const text = mail.text ? h("div", { class: "mail-body" }, mail.text) : null;
  if (!mail.html) return h("div", {}, text ?? h("p", { class: "muted" }, "No text."));
  // The mail's own markup runs no script here; its links open in a tab of their own.
  const frame = h("iframe", {
    title: "Mail content",
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
    srcdoc: `<base target="_blank"><style>body { font: 15px/1.5 system-ui, sans-serif; }</style>${mail.html}`,
  });
  return h("div", {}, frame, text ? h("details", {}, h("summary", {}, "As plain text"), text) : null);
}

function showMail(mail: Mail): void {
  const name = (entry: { name: string; address: string }) =>
    entry.name ? `${entry.name} <${entry.address}>` : entry.address;
  const files = mail.attachments.map((file) =>
    h(
      "li",
      {},
      `${file.filename || "(no name)"} · ${file.mimeType}${file.method ? `; method=${file.method}` : ""} · ${file.sizeBytes} bytes`,
      file.text === undefined
        ? null
        : h("details", {}, h("summary", {}, "Content"), h("pre", { class: "mono mail-body" }, file.text)),
    ),
  );
  detail.replaceChildren(
    h("h2", {}, mail.subject || "(No subject)"),
    h(
      "dl",
      {},
      h("dt", {}, "From"),
      h("dd", {}, name(mail.from)),
      h("dt", {}, "To"),
      h("dd", {}, mail.to.map(name).join(", ") || mail.recipients.join(", ")),
      h("dt", {}, "Delivered to"),
      h("dd", {}, mail.recipients.join(", ")),
      h("dt", {}, "Date"),
      h("dd", {}, h("time", { datetime: mail.date }, moment(mail.date))),
    ),
    h("p", {}),
    ...mail.invitations.map(showInvitation),
    showBody(mail),
    files.length > 0 ? h("section", {}, h("h3", {}, "Attachments"), h("ul", {}, files)) : "",
  );
}

async function open(id: string): Promise<void> {
  openId = id;
  remember();
  for (const button of list.querySelectorAll("button")) {
    if (button.dataset["mailId"] === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  try {
    showMail(await sandboxApi<Mail>("GET", `/sandbox/api/mail/${encodeURIComponent(id)}`));
  } catch (error) {
    detail.replaceChildren(h("p", {}, messageOf(error)));
  }
}

function remember(): void {
  const place = new URLSearchParams();
  if (recipient) place.set("to", recipient);
  if (openId) place.set("mail", openId);
  history.replaceState(null, "", place.size > 0 ? `?${place}` : location.pathname);
}

async function clear(): Promise<void> {
  await sandboxApi("DELETE", "/sandbox/api/mail").catch((error: unknown) =>
    toast(messageOf(error), "failed"),
  );
}

async function load(): Promise<void> {
  ({ mails } = await sandboxApi<{ mails: MailSummary[] }>("GET", "/sandbox/api/mail"));
  drawRecipients();
  drawList();
}

function listen(): void {
  const stream = new EventSource("/sandbox/api/mail/stream");
  stream.addEventListener("received", (event) => {
    const mail = JSON.parse(event.data) as MailSummary;
    if (mails.some((known) => known.id === mail.id)) return;
    mails.unshift(mail);
    drawRecipients();
    drawList();
  });
  stream.addEventListener("cleared", () => {
    openId = "";
    remember();
    detail.replaceChildren();
    void load();
  });
  // Also after a lost connection: what came meanwhile is in the list.
  stream.addEventListener("open", () => void load());
}

function start(): void {
  if (smtpPort === null) {
    mainElement().append(
      h("p", {}, "The sandbox was started without its SMTP server, so there is no mailbox."),
    );
    return;
  }
  mainElement().append(
    h(
      "p",
      { class: "muted" },
      `Takes mail for any address over SMTP at 127.0.0.1:${smtpPort}; nothing is delivered.`,
    ),
    h(
      "div",
      { class: "toolbar" },
      h("label", { for: "recipient" }, "Recipient"),
      recipientSelect,
      clearButton,
    ),
    h("div", { class: "mailbox" }, list, detail),
  );
  listen();
  if (openId) void open(openId);
}

start();
