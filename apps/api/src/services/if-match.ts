import { AppError } from "@calsync/lib";

/**
 * The version that a request is conditional on: header If-Match (RFC 9110 §13.1.1) with the one ETag that we gave.
 * @returns null when the request is not conditional (no header, or `*`)
 * @throws AppError invalid `bad_if_match`
 */
export function ifMatchOf(header: string | undefined): string | null {
  const text = header?.trim() ?? "";
  if (text === "" || text === "*") return null;
  const [, version] = /^(?:W\/)?"([^"]+)"$/.exec(text) ?? [];
  if (version !== undefined) return version;
  throw new AppError("invalid", "bad_if_match", "The header If-Match does not hold one ETag.", {
    hint: 'Send the ETag that you got, with its quotes: If-Match: "3-1767225600000".',
  });
}
