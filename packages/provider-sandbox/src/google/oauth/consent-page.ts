import { accountFields, escapeHtml, oauthPage } from "../../oauth/pages.ts";
import { describeScope } from "../scopes.ts";
import type { Account } from "../types.ts";
import type { PendingAuthorization } from "./AuthorizationState.ts";

const LABEL = "calsync sandbox — not Google";

/** The page on which a person chooses an account and ticks what a client may do. */
export function consentPage(
  pending: PendingAuthorization,
  accounts: readonly Account[],
  options: { loginHint: string | null; error?: string },
): string {
  const scopes = pending.scopes.map((scope) => ({ scope, about: describeScope(scope) }));
  const fixed = scopes.filter(({ about }) => about?.identity);
  const ticked = scopes.filter(({ about }) => about && !about.identity);
  return oauthPage(
    LABEL,
    "Choose an account",
    `<h1>${escapeHtml(pending.clientId)} wants to access your account</h1>
    ${options.error ? `<p class="error" role="alert">${escapeHtml(options.error)}</p>` : ""}
    <form method="post" action="/o/oauth2/v2/auth/consent">
      <input type="hidden" name="request" value="${escapeHtml(pending.id)}">
      ${accountFields(
        accounts.map(({ email }) => email),
        options.loginHint,
      )}
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
  return oauthPage(
    LABEL,
    `Error ${status}`,
    `<h1>Access blocked: this request is invalid</h1>
    <p class="error" role="alert">Error ${status}: ${escapeHtml(error)}</p><p>${escapeHtml(explanation)}</p>`,
  );
}

function checkbox(scope: string, text: string): string {
  const id = `scope-${scope.replace(/[^a-z.]/gi, "-")}`;
  return `<div class="row"><input type="checkbox" id="${id}" name="scope" value="${escapeHtml(scope)}" checked><label for="${id}">${escapeHtml(text)}<br><code>${escapeHtml(scope)}</code></label></div>`;
}
