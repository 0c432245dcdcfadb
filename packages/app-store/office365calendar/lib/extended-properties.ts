/** The property set of everything that we leave on events. Invisible to people; Exchange keeps it with the mailbox's copy alone. */
const SET = "{5a1c6b52-7d0e-4c7b-9a39-0f6e3c2b8d41}";

const named = <N extends string>(name: N) => `String ${SET} Name ${name}` as const;

/** Our marker. */
export const MARKER_PROPERTY = named("calsync");
/** The transaction id that the event was made with, to find it by: Graph cannot filter by its own. */
export const KEY_PROPERTY = named("calsyncKey");
/** Which attempt has made the event: a repeated POST is answered with the event of the first, as if it had made it. */
export const ATTEMPT_PROPERTY = named("calsyncAttempt");

/** The `$expand` that makes a read give these properties, which it leaves out otherwise. */
export function expandProperties(...ids: string[]): string {
  return `singleValueExtendedProperties($filter=${ids.map((id) => `id eq '${id}'`).join(" or ")})`;
}

/** The `$filter` that finds the events on which a property has this value. */
export function withProperty(id: string, value: string): string {
  return `singleValueExtendedProperties/Any(ep: ep/id eq '${id}' and ep/value eq '${value.replaceAll("'", "''")}')`;
}
