import * as z from "zod";

/** What an installation may set for CalDAV. */
export const settingsSchema = z.object({
  /** Hosts and networks that may be reached although they are private, and over plain http (for self-hosters). */
  allowedHosts: z.array(z.string()).default([]),
  requestTimeoutMs: z.number().int().positive().default(30_000),
  maxResponseBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 * 1024),
});

/** The provider's settings, checked. */
export type CaldavSettings = z.infer<typeof settingsSchema>;

/** @throws Error naming the setting that is wrong */
export function parseSettings(settings: unknown): CaldavSettings {
  const parsed = settingsSchema.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  throw new Error(`CalDAV settings: ${z.prettifyError(parsed.error)}`);
}
