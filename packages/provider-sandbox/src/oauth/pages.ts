const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f4f4f5; color: #18181b; }
  main { max-width: 30rem; margin: 3rem auto; background: #fff; padding: 1.5rem 2rem 2rem; border-radius: 12px; border: 1px solid #d4d4d8; }
  .label { display: inline-block; background: #fde68a; color: #422006; padding: .1rem .6rem; border-radius: 6px; font-size: .85rem; font-weight: 600; }
  h1 { font-size: 1.3rem; } fieldset { border: 1px solid #d4d4d8; border-radius: 8px; margin: 0 0 1rem; }
  legend { font-weight: 600; padding: 0 .4rem; } .row { display: flex; gap: .6rem; align-items: baseline; padding: .2rem 0; }
  input[type=email] { font: inherit; padding: .3rem .5rem; width: 100%; box-sizing: border-box; }
  .buttons { display: flex; justify-content: flex-end; gap: .75rem; }
  button { font: inherit; padding: .5rem 1.25rem; border-radius: 8px; border: 1px solid #71717a; background: #fff; cursor: pointer; }
  button.primary { background: #1d4ed8; border-color: #1d4ed8; color: #fff; } .error { color: #b91c1c; }
  code { font-size: .9em; overflow-wrap: anywhere; }`;

/** A page of a simulated authorization server. @param label says whom it stands in for; `content` must be safe HTML */
export function oauthPage(label: string, title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · calsync sandbox</title><style>${STYLE}</style></head>
<body><main><p class="label">${escapeHtml(label)}</p>
${content}
</main></body></html>`;
}

/** The choice of an account: the known ones, and one that is made by typing its address. */
export function accountFields(emails: readonly string[], loginHint: string | null): string {
  const known = emails.some((email) => email === loginHint);
  const typed = loginHint && !known ? loginHint : "";
  const chosen = typed === "" ? (loginHint ?? emails[0]) : undefined;
  return `<fieldset><legend>Account</legend>
        ${emails.map((email) => radio(email, email, email === chosen)).join("\n")}
        ${radio("", "Another account", emails.length === 0 || typed !== "")}
        <label class="row" for="new-email">E-mail of the new account</label>
        <input type="email" id="new-email" name="email" value="${escapeHtml(typed)}" placeholder="someone@example.com">
      </fieldset>`;
}

function radio(value: string, label: string, checked: boolean): string {
  const id = `account-${value === "" ? "new" : Buffer.from(value).toString("base64url")}`;
  return `<div class="row"><input type="radio" id="${id}" name="account" value="${escapeHtml(value)}"${checked ? " checked" : ""}><label for="${id}">${escapeHtml(label)}</label></div>`;
}

/** Makes text safe inside HTML text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
