import { parseError } from "../errors.ts";

/** The JSON value of a request body; undefined for an empty one. @throws GoogleApiError 400 `parseError`. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  const parsed = tryParse(text);
  if (!parsed) throw parseError();
  return parsed.value;
}

function tryParse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
