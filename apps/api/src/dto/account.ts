import { z } from "zod";

const instant = z.iso.datetime();

/** The signed-in user. */
export const userSchema = z
  .object({
    id: z.int(),
    uid: z.uuid(),
    email: z.string(),
    name: z.string(),
    username: z.string().describe("Part of the address of the user's booking pages."),
    timeZone: z.string(),
  })
  .meta({ id: "User" });

/** An API key as its owner sees it. */
export const apiKeySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string().describe("The key's first characters."),
    scopes: z.array(z.enum(["read", "write"])),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
    expiresAt: instant.nullable(),
  })
  .meta({ id: "ApiKey" });

/** What a new key is to be. */
export const newApiKeySchema = z.object({
  name: z.string().trim().min(1).max(100),
  scopes: z
    .array(z.enum(["read", "write"]))
    .min(1)
    .default(["read", "write"])
    .describe("`write` includes `read`."),
  expiresAt: instant.nullable().default(null),
});
