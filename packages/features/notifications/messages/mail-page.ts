/** A message as text and as HTML that says the same. */
export interface RenderedMessage {
  subject: string;
  text: string;
  html: string;
}

/** What every mail of ours is made of: a greeting, a paragraph, a table, a link. Plain text; escaping is done here. */
export interface MailPage {
  subject: string;
  /** The recipient's name. */
  name: string;
  lead: string;
  /** Label and value. */
  rows: readonly (readonly [string, string])[];
  link: { text: string; url: string };
}

/** Writes a mail in both forms. */
export function renderPage({ subject, name, lead, rows, link }: MailPage): RenderedMessage {
  const greeting = `Hello ${oneLine(name)},`;
  const text = [
    greeting,
    "",
    lead,
    "",
    ...rows.map(([label, value]) => `${label}: ${value}`),
    ...(rows.length > 0 ? [""] : []),
    `${link.text}: ${link.url}`,
    "",
  ].join("\n");
  const cells = rows
    .map(
      ([label, value]) =>
        `<tr><th align="left" valign="top" style="padding:4px 16px 4px 0;font-weight:600">${escapeHtml(label)}</th>` +
        `<td style="padding:4px 0">${escapeHtml(value).replaceAll("\n", "<br>")}</td></tr>`,
    )
    .join("\n");
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#ffffff">
<p>${escapeHtml(greeting)}</p>
<p>${escapeHtml(lead)}</p>
<table role="presentation" cellspacing="0" cellpadding="0">
${cells}
</table>
<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.text)}</a></p>
</body></html>
`;
  return { subject, text, html };
}

/** Text that people typed, fit for a subject or a sentence. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
