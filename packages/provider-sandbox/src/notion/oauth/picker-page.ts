import { accountFields, escapeHtml, oauthPage } from "../../oauth/pages.ts";
import type { PendingAuthorization } from "./NotionAuthorization.ts";

const LABEL = "calsync sandbox — not Notion";

/** What a person of the sandbox can share. */
export interface PickerChoice {
  email: string;
  shareable: { id: string; title: string }[];
}

/** The page on which a person picks the databases and pages that a connection may see. @param appName the integration's name */
export function pickerPage(
  pending: PendingAuthorization,
  appName: string,
  choices: readonly PickerChoice[],
): string {
  const shareable = choices.filter((choice) => choice.shareable.length > 0);
  return oauthPage(
    LABEL,
    "Select pages",
    `<h1>${escapeHtml(appName)} wants to work with your workspace</h1>
    <form method="post" action="/v1/oauth/authorize/consent">
      <input type="hidden" name="request" value="${escapeHtml(pending.id)}">
      ${accountFields(
        choices.map(({ email }) => email),
        null,
      )}
      ${shareable.map((choice) => sharing(choice, shareable.length > 1)).join("\n")}
      ${shareable.length === 0 ? "<p>There is nothing to share yet.</p>" : ""}
      <div class="buttons">
        <button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>
        <button type="submit" name="decision" value="allow" class="primary">Allow access</button>
      </div>
    </form>`,
  );
}

/** The page for a request that is never redirected. */
export const errorPage = (explanation: string): string =>
  oauthPage(
    LABEL,
    "Error",
    `<h1>This request is invalid</h1><p class="error" role="alert">${escapeHtml(explanation)}</p>`,
  );

/** What one account can share. Of the account that is chosen in the end only its own counts. */
function sharing({ email, shareable }: PickerChoice, named: boolean): string {
  return `<fieldset><legend>Select pages to share${named ? ` of ${escapeHtml(email)}` : ""}</legend>
        ${shareable.map(({ id, title }) => checkbox(id, title)).join("\n")}
      </fieldset>`;
}

function checkbox(value: string, label: string): string {
  const id = `share-${escapeHtml(value)}`;
  return `<div class="row"><input type="checkbox" id="${id}" name="database" value="${escapeHtml(value)}" checked><label for="${id}">${escapeHtml(label)}</label></div>`;
}
