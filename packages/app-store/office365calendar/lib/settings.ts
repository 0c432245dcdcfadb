import { z } from "zod";

const url = (fallback: string) =>
  z
    .url({ protocol: /^https?$/ })
    .default(fallback)
    .transform((text) => text.replace(/\/+$/, ""));

/** The provider's settings. The base URLs default to Microsoft's own; a simulator gives its own. */
export const settingsSchema = z.object({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** Whose accounts may connect: `common` (all), `organizations`, `consumers`, or the id of one tenant. */
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, "must be common, organizations, consumers or a tenant's id")
    .default("common"),
  /**
   * Where Graph answers, without the version. Microsoft's client sends no token to an address that is not https.
   */
  apiUrl: url("https://graph.microsoft.com").refine((text) => text.startsWith("https:"), {
    error: "must be an https address",
  }),
  /** Where the identity platform answers, without the tenant. */
  loginUrl: url("https://login.microsoftonline.com"),
  /** How long one HTTP call may take, in milliseconds. */
  timeoutMs: z.int().positive().default(20_000),
  /** The usual pause before the one repetition of a failed call, in milliseconds; half of it is chance. */
  retryDelayMs: z.int().nonnegative().default(500),
});

/** The provider's settings, checked. */
export type MicrosoftSettings = z.output<typeof settingsSchema>;

/** Checks settings and fills in the defaults. @throws Error naming every wrong setting, for the operator. */
export function parseSettings(settings: unknown): MicrosoftSettings {
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new Error(`The settings of Outlook Calendar are not usable:\n${z.prettifyError(parsed.error)}`);
}
