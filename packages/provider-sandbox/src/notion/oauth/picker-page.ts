import type { Person } from "../types.ts";
import type { PendingAuthorization } from "./NotionAuthorization.ts";

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f7f6f3; color: #1f1e1b; }
  main { max-width: 30rem; margin: 3rem auto; background: #fff; padding: 1.5rem 2rem 2rem; border-radius: 8px; border: 1px solid #d8d6d0; }
  .label { display: inline-block; background: #fde68a; color: #422006; padding: .1rem .6rem; border-radius: 6px; font-size: .85rem; font-weight: 600; }
  h1 { font-size: 1.3rem; } fieldset { border: 1px solid #d8d6d0; border-radius: 6px; margin: 0 0 1rem; }
  legend { font-weight: 600; padding: 0 .4rem; } .row { display: flex; gap: .6rem; align-items: baseline; padding: .2rem 0; }
  input[type=email] { font: inherit; padding: .3rem .5rem; width: 100%; box-sizing: border-box; }
  .buttons { display: flex; justify-content: flex-end; gap: .75rem; }
  button { font: inherit; padding: .5rem 1.25rem; border-radius: 6px; border: 1px solid #787774; background: #fff; cursor: pointer; }
  button.primary { background: #1f1e1b; border-color: #1f1e1b; color: #fff; } .error { color: #b91c1c; }`;

interface Choice {
  person: Person;
  shareable: { id: string; title: string }[];
}

/** The page on which a person picks the databases and pages that a connection may see. */
export function pickerPage(pending: PendingAuthorization, choices: readonly Choice[]): string {
  const accounts = choices.map(({ person }, at) =>
    input("radio", "account", person.email, person.email, at === 0),
  );
  const shareable = choices.flatMap((choice) => choice.shareable);
  return page(
    "Select pages",
    `<h1>${escapeHtml(pending.clientId)} wants to work with your workspace</h1>
    <form method="post" action="/v1/oauth/authorize/consent">
      <input type="hidden" name="request" value="${escapeHtml(pending.id)}">
      <fieldset><legend>Account</legend>${accounts.join("")}
        ${input("radio", "account", "", "Another account", accounts.length === 0)}
        <label class="row" for="new-email">E-mail of the new account</label>
        <input type="email" id="new-email" name="email" placeholder="someone@example.com">
      </fieldset>
      <fieldset><legend>Select pages to share</legend>
        ${shareable.map(({ id, title }) => input("checkbox", "database", id, title, true)).join("")}
        ${shareable.length === 0 ? "<p>There is nothing to share yet.</p>" : ""}
      </fieldset>
      <div class="buttons">
        <button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
        <button type="submit" name="decision" value="allow" class="primary">Allow access</button>
      </div>
    </form>`,
  );
}

/** The page for a request that is never redirected. */
export const errorPage = (explanation: string): string =>
  page(
    "Error",
    `<h1>This request is invalid</h1><p class="error" role="alert">${escapeHtml(explanation)}</p>`,
  );

function input(type: string, name: string, value: string, label: string, checked: boolean): string {
  const id = `${name}-${value === "" ? "new" : Buffer.from(value).toString("base64url")}`;
  return `<div class="row"><input type="${type}" id="${id}" name="${name}" value="${escapeHtml(value)}"${checked ? " checked" : ""}><label for="${id}">${escapeHtml(label)}</label></div>`;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · calsync sandbox</title><style>${STYLE}</style></head>
<body><main><p class="label">calsync sandbox — not Notion</p>
${content}
</main></body></html>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
