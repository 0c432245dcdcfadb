/** What a text holds as JSON; null for a text that is none. For a schema to look at. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
