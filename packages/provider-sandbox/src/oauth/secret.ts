import { randomBytes } from "node:crypto";

/** Random characters that are safe in a URL. */
export function secret(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
