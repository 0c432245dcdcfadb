import type { ConnectionForm } from "../api/types.ts";

/** What opens an account by this form, for the label of a button: "app password", "password and code". */
export function secretsOf(form: ConnectionForm): string {
  return form.fields
    .filter(({ secret }) => secret)
    .map(({ label }) => label.toLowerCase())
    .join(" and ");
}
