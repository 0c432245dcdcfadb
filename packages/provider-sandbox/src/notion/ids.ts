import { randomUUID } from "node:crypto";

const COMPACT = /^[0-9a-f]{32}$/i;

/** An id as Notion returns it, from one with or without hyphens; null for text that is no id. */
export function normalId(text: string): string | null {
  const compact = text.replaceAll("-", "").toLowerCase();
  if (!COMPACT.test(compact)) return null;
  return [8, 12, 16, 20, 32].map((end, at, ends) => compact.slice(ends[at - 1] ?? 0, end)).join("-");
}

/** An id as Notion's objects have. */
export const newId = (): string => randomUUID();
