import { z } from "zod";

const url = (fallback: string) => z.url({ protocol: /^https?$/ }).default(fallback);

/** The provider's settings. The base URLs default to Google's own; a simulator gives its own. */
export const settingsSchema = z.object({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** Scheme, host and port alone: Google's client keeps only these of a root URL. */
  apiUrl: url("https://www.googleapis.com").refine((text) => new URL(text).pathname === "/", {
    error: "must not have a path",
  }),
  authUrl: url("https://accounts.google.com/o/oauth2/v2/auth"),
  tokenUrl: url("https://oauth2.googleapis.com/token"),
  revokeUrl: url("https://oauth2.googleapis.com/revoke"),
  /** How long one HTTP call may take, in milliseconds. */
  timeoutMs: z.int().positive().default(20_000),
  /** The usual pause before the one repetition of a failed call, in milliseconds; half of it is chance. */
  retryDelayMs: z.int().nonnegative().default(500),
});

/** The provider's settings, checked. */
export type GoogleSettings = z.output<typeof settingsSchema>;

/** Checks settings and fills in the defaults. @throws Error naming every wrong setting, for the operator. */
export function parseSettings(settings: unknown): GoogleSettings {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new Error(`The settings of Google Calendar are not usable:\n${z.prettifyError(parsed.error)}`);
}
