import { accountFields, escapeHtml, oauthPage } from "../../oauth/pages.ts";
import { describeScope } from "../scopes.ts";
import type { PendingSignIn } from "./IdentityState.ts";

const LABEL = "calsync sandbox — not Microsoft";

/** The page on which a person chooses an account and accepts what an app asks for, all of it or nothing. */
export function signInPage(
  action: string,
  pending: PendingSignIn,
  emails: readonly string[],
  options: { loginHint: string | null; error?: string },
): string {
  const wishes = pending.scopes
    .map((scope) => describeScope(scope))
    .filter((text): text is string => text !== null);
  return oauthPage(
    LABEL,
    "Permissions requested",
    `<h1>Permissions requested by ${escapeHtml(pending.clientId)}</h1>
    ${options.error ? `<p class="error" role="alert">${escapeHtml(options.error)}</p>` : ""}
    <form method="post" action="${escapeHtml(action)}">
      <input type="hidden" name="request" value="${escapeHtml(pending.id)}">
      ${accountFields(emails, options.loginHint)}
      <p>This app would like to:</p>
      <ul>${wishes.map((text) => `<li>${escapeHtml(text)}</li>`).join("")}</ul>
      <div class="buttons">
        <button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
        <button type="submit" name="decision" value="accept" class="primary">Accept</button>
      </div>
    </form>`,
  );
}

/** The page on which an administrator allows an app for a whole tenant. */
export function adminConsentPage(
  action: string,
  clientId: string,
  tenant: string,
  hidden: Record<string, string>,
): string {
  const fields = Object.entries(hidden)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join("");
  return oauthPage(
    LABEL,
    "Permissions requested",
    `<h1>Review for your organization: ${escapeHtml(clientId)}</h1>
    <p>Everybody in <code>${escapeHtml(tenant)}</code> will be able to use this app.</p>
    <form method="post" action="${escapeHtml(action)}">${fields}
      <div class="buttons">
        <button type="submit" name="decision" value="cancel">Cancel</button>
        <button type="submit" name="decision" value="accept" class="primary">Accept</button>
      </div>
    </form>`,
  );
}

/** An answer in `response_mode=form_post`: a page that sends itself to the app. */
export function formPostPage(target: string, values: Record<string, string>): string {
  const fields = Object.entries(values)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join("");
  return oauthPage(
    LABEL,
    "Working",
    `<form method="post" action="${escapeHtml(target)}">${fields}
    <button type="submit" class="primary">Continue</button></form>
    <script>document.forms[0].submit()</script>`,
  );
}

/** The page for a faulty sign-in, which is never redirected. */
export function signInErrorPage(code: number, message: string): string {
  return oauthPage(
    LABEL,
    "Sign-in error",
    `<h1>Sorry, but we’re having trouble signing you in.</h1>
    <p class="error" role="alert">AADSTS${code}: ${escapeHtml(message)}</p>`,
  );
}
