/** The real servers that tests know how to start. */
export type InstalledKind = "radicale" | "xandikos" | "cyrus" | "davical" | "sabredav";

/** A CalDAV server that tests run against: a real one, or the one in memory. */
export interface CaldavTestServer {
  readonly kind: InstalledKind | "memory";
  /** Where discovery begins. Everybody's password is {@link CALDAV_PASSWORD}; names end in `@people.example`. */
  readonly url: string;
  /** Requests seen, in order, as `METHOD path`. */
  readonly requests: string[];
  /** Addresses outside that the server itself has sent invitations to (RFC 6638). */
  readonly invited: readonly string[];
  /** The address below which a user's calendars are, without a slash at its end. */
  homeOf(username: string): string;
  /** The next write takes effect, and its answer never arrives. */
  loseNextAnswer(): void;
  /** Every request fails until the function that it gives is called. */
  breakDown(): () => void;
  /** Sync tokens given out so far are refused. */
  expireTokens(): void;
  /** Takes back all faults. */
  mend(): void;
  close(): Promise<void>;
}

/** The password of every account of a test server. */
export const CALDAV_PASSWORD = "secret";
