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

/**
 * Looks through what was parsed from JSON, names of fields too; streams and buffers of uploads are looked at by those who read them. It
 * does not call itself: whoever sends a body decides how deep it is.
 */
function holdsNul(body: unknown): boolean {
  const left: unknown[] = [body];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === "string" && value.includes("\u0000")) return true;
    if (Array.isArray(value)) for (const one of value) left.push(one);
    else if (isPlain(value)) for (const [name, one] of Object.entries(value)) left.push(name, one);
  }
  return false;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
