import * as z from "zod";

/** The provider's settings. The base URL defaults to Notion's own; a simulator gives its own. */
export const settingsSchema = z.object({
  /** Of the public integration; without them accounts are connected by an integration's secret alone. */
  clientId: z.string().min(1).optional(),
  clientSecret: z.string().min(1).optional(),
  apiUrl: z.url({ protocol: /^https?$/ }).default("https://api.notion.com"),
  /** How long one HTTP call may take, in milliseconds. */
  timeoutMs: z.int().positive().default(30_000),
  /** The usual pause before the one repetition of a failed call, in milliseconds; half of it is chance. */
  retryDelayMs: z.int().nonnegative().default(700),
  /** How long a new row may be missing from queries, in milliseconds: a lost creation is looked for after this. */
  lookupDelayMs: z.int().nonnegative().default(2_000),
  /** Rows in one request. */
  maxPageSize: z.int().positive().max(100).default(100),
});

/** The provider's settings, checked. */
export type NotionSettings = z.output<typeof settingsSchema>;

/** Checks settings and fills in the defaults. @throws Error naming every wrong setting, for the operator. */
export function parseSettings(settings: unknown): NotionSettings {
  const parsed = settingsSchema.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  throw new Error(`The settings of Notion are not usable:\n${z.prettifyError(parsed.error)}`);
}
