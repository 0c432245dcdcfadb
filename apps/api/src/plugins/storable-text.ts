import { AppError } from "@calsync/lib";
import plugin from "fastify-plugin";

/**
 * Refuses requests that hold a NUL character in their address or their JSON: PostgreSQL stores none, and nothing that a person writes
 * holds one.
 */
export const storableTextPlugin = plugin(
  async (app) => {
    app.addHook("preValidation", async (request) => {
      if (!request.url.includes("%00") && !holdsNul(request.body)) return;
      throw new AppError("invalid", "nul_character", "The request holds a NUL character (U+0000).", {
        hint: "Leave it out: no text may hold one.",
      });
    });
  },
  { name: "calsync-storable-text" },
);

/** Looks through what was parsed from JSON; streams and buffers of uploads are looked at by those who read them. */
function holdsNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\u0000");
  if (Array.isArray(value)) return value.some(holdsNul);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false;
  return Object.values(value).some(holdsNul);
}
