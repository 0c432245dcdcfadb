import { describeScope } from "../scopes.ts";
import type { Account } from "../types.ts";
import type { PendingAuthorization } from "./AuthorizationState.ts";

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

/** The page on which a person chooses an account and ticks what a client may do. */
export function consentPage(
  pending: PendingAuthorization,
  accounts: readonly Account[],
  options: { loginHint: string | null; error?: string },
): string {
  const known = accounts.some(({ email }) => email === options.loginHint);
  const typed = options.loginHint && !known ? options.loginHint : "";
  const chosen = typed === "" ? (options.loginHint ?? accounts[0]?.email) : undefined;
  const accountRows = accounts.map(({ email }) => radio(email, email, email === chosen));
  const scopes = pending.scopes.map((scope) => ({ scope, about: describeScope(scope) }));
  const fixed = scopes.filter(({ about }) => about?.identity);
  const ticked = scopes.filter(({ about }) => about && !about.identity);
  return page(
    "Choose an account",
    `<h1>${escapeHtml(pending.clientId)} wants to access your account</h1>
    ${options.error ? `<p class="error" role="alert">${escapeHtml(options.error)}</p>` : ""}
    <form method="post" action="/o/oauth2/v2/auth/consent">
      <input type="hidden" name="request" value="${escapeHtml(pending.id)}">
      <fieldset><legend>Account</legend>
        ${accountRows.join("\n")}
        ${radio("", "Another account", accounts.length === 0 || typed !== "")}
        <label class="row" for="new-email">E-mail of the new account</label>
        <input type="email" id="new-email" name="email" value="${escapeHtml(typed)}" placeholder="someone@example.com">
      </fieldset>
      ${ticked.length > 0 ? `<fieldset><legend>Select what it can access</legend>${ticked.map(({ scope, about }) => checkbox(scope, about?.text ?? scope)).join("\n")}</fieldset>` : ""}
      ${fixed.length > 0 ? `<p>It will also: ${fixed.map(({ about }) => escapeHtml(about?.text ?? "")).join("; ")}.</p>` : ""}
      <div class="buttons">
        <button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
        <button type="submit" name="decision" value="allow" class="primary">Allow</button>
      </div>
    </form>`,
  );
}

/** The page for a faulty authorization request, which is never redirected. */
export function authorizationErrorPage(status: number, error: string, explanation: string): string {
  return page(
    `Error ${status}`,
    `<h1>Access blocked: this request is invalid</h1>
    <p class="error" role="alert">Error ${status}: ${escapeHtml(error)}</p><p>${escapeHtml(explanation)}</p>`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · calsync sandbox</title><style>${STYLE}</style></head>
<body><main><p class="label">calsync sandbox — not Google</p>
${content}
</main></body></html>`;
}

function radio(value: string, label: string, checked: boolean): string {
  const id = `account-${value === "" ? "new" : Buffer.from(value).toString("base64url")}`;
  return `<div class="row"><input type="radio" id="${id}" name="account" value="${escapeHtml(value)}"${checked ? " checked" : ""}><label for="${id}">${escapeHtml(label)}</label></div>`;
}

function checkbox(scope: string, text: string): string {
  const id = `scope-${scope.replace(/[^a-z.]/gi, "-")}`;
  return `<div class="row"><input type="checkbox" id="${id}" name="scope" value="${escapeHtml(scope)}" checked><label for="${id}">${escapeHtml(text)}<br><code>${escapeHtml(scope)}</code></label></div>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
