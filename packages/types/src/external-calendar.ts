/** A calendar in a connected account. */
export interface ExternalCalendar {
  id: string;
  name: string;
  primary: boolean;
  /** Whether this account may write events to it. */
  writable: boolean;
  timeZone: string | null;
  /** `#rrggbb`, when the provider has one. */
  color: string | null;
}
