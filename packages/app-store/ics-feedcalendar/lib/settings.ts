import * as z from "zod";

/** What an installation may set for feeds. */
export const settingsSchema = z.object({
  /** Hosts and networks that may be reached although they are private, and over plain http (for self-hosters). */
  allowedHosts: z.array(z.string()).default([]),
  requestTimeoutMs: z.int().positive().default(30_000),
  /** Larger feeds are refused. */
  maxFeedBytes: z
    .int()
    .positive()
    .default(20 * 1024 * 1024),
});

/** The provider's settings, checked. */
export type IcsFeedSettings = z.infer<typeof settingsSchema>;

/** @throws Error naming the setting that is wrong */
export function parseSettings(settings: unknown): IcsFeedSettings {
  const parsed = settingsSchema.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  throw new Error(`The settings of ICS feeds are not usable:\n${z.prettifyError(parsed.error)}`);
}
