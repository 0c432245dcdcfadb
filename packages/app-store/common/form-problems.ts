import type { CalendarError } from "@calsync/lib";
import type { ConnectProblem, FormOutcome } from "@calsync/types";
import type * as z from "zod";

/** What a form's values are not, field by field; the schema's messages are sentences for people. */
export function invalidFields(error: z.ZodError): FormOutcome {
  const problems = error.issues.map(
    (issue): ConnectProblem => ({
      code: "field_invalid",
      field: issue.path.length > 0 ? String(issue.path[0]) : null,
      message: issue.message,
    }),
  );
  const [first, ...others] = problems;
  if (!first) throw new Error("values were refused without a reason");
  return { problems: [first, ...others] };
}

/** What a failed attempt at an address that the user gave means for the form. */
export interface AddressForm {
  /** The field with the address; null when the provider's address is fixed. */
  addressField: string | null;
  /** The field with the password or token; null when there is none. */
  secretField: string | null;
  /** What to do when it is refused. */
  secretHint: string;
  /** What the address should be. */
  addressHint: string;
}

/**
 * The error of a first call to a user's server as a problem of their form.
 * @throws the error itself when it is nobody's fault and may pass
 */
export function failedAttempt(error: CalendarError, form: AddressForm): FormOutcome {
  const { addressField: field, secretField, secretHint, addressHint } = form;
  const reason = error.providerReason ?? "";
  const message = sentence(error.message);
  if (error.code === "CREDENTIAL_INVALID") {
    return problem({ code: "secret_refused", field: secretField, message, hint: secretHint });
  }
  if (["private-address", "not-https", "bad-url"].includes(reason)) {
    const hint =
      reason === "not-https"
        ? "Use an address that begins with https://."
        : "Use the server's public address; an operator can allow others.";
    return problem({ code: "address_not_allowed", field, message, hint });
  }
  if (error.code === "NETWORK_ERROR") {
    const hint =
      field === null ? "Try again in a few minutes." : "Look whether the address is spelled right.";
    return problem({ code: "address_unreachable", field, message, hint });
  }
  if (error.code === "CALENDAR_NOT_FOUND" || error.code === "INVALID_ICS_FORMAT") {
    return problem({ code: "address_not_a_calendar", field, message, hint: addressHint });
  }
  if (error.code === "PERMISSION_DENIED") {
    return problem({ code: "permission_missing", field, message, hint: addressHint });
  }
  // Something answers that speaks another language.
  if (
    error.code === "INVALID_REQUEST" ||
    (error.code === "CALENDAR_API_ERROR" && (error.status ?? 0) < 500)
  ) {
    return problem({ code: "address_not_a_calendar", field, message, hint: addressHint });
  }
  throw error;
}

const problem = (one: ConnectProblem): FormOutcome => ({ problems: [one] });

/** An adapter's message (`CalDAV: the server …`) as a sentence of its own. */
function sentence(message: string): string {
  const text = message.replace(/^[\w ]+: /, "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
