import type { MissingScope } from "@calsync/types";

const GRAPH = "https://graph.microsoft.com/";
const EVENTS = "Calendars.ReadWrite";

/**
 * What a user is asked for. `Calendars.ReadWrite` alone covers events, the list of calendars and busy times of the user's own
 * mailbox; `offline_access` makes the platform give a refresh token; the others say who has connected.
 */
export const REQUESTED_SCOPES: readonly string[] = ["openid", "profile", "email", "offline_access", EVENTS];

/** Application permissions are granted beforehand, all together. */
export const APPLICATION_SCOPE = `${GRAPH}.default`;

/** Scopes that we need and that were not granted. Graph's come with and without its address, in any letter case. */
export function missingScopes(granted: string): MissingScope[] {
  const held = new Set(
    granted.split(/\s+/).map((scope) => scope.toLowerCase().replace(GRAPH.toLowerCase(), "")),
  );
  return held.has(EVENTS.toLowerCase()) || held.has("calendars.readwrite.shared")
    ? []
    : [{ scope: EVENTS, permission: "events" }];
}
