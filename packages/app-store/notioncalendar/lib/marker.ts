import * as z from "zod";
import { parseJson } from "../../common/parse-json.ts";

/** What we note on a row, in a column of our own, because a table has no place for it. */
export interface RowMarker {
  /** The key that the row was made with. */
  key: string;
  /** The caller's marker: whose row it is. */
  marker: string | null;
  uid: string | null;
  sequence: number;
  /** The zone that its times were given in: Notion keeps their offset alone. */
  timeZone: string | null;
  /** Does not make its owner busy. */
  free: boolean;
}

const noteSchema = z.object({
  m: z.string().nullish(),
  u: z.string().nullish(),
  s: z.int().nonnegative().default(0),
  z: z.string().nullish(),
  f: z.boolean().default(false),
});

/** The text of our column: the key first, by which a row is looked up, then the rest. */
export function writeMarker({ key, marker, uid, sequence, timeZone, free }: RowMarker): string {
  const note = {
    ...(marker === null ? {} : { m: marker }),
    ...(uid === null ? {} : { u: uid }),
    ...(sequence === 0 ? {} : { s: sequence }),
    ...(timeZone === null ? {} : { z: timeZone }),
    ...(free ? { f: true } : {}),
  };
  return `${key} ${JSON.stringify(note)}`;
}

/** Null for a row that is not ours, or whose note somebody has spoilt. */
export function readMarker(text: string): RowMarker | null {
  const [, key, note] = /^([\w-]{8,64}) (\{.*\})$/s.exec(text) ?? [];
  if (key === undefined || note === undefined) return null;
  const parsed = noteSchema.safeParse(parseJson(note));
  if (!parsed.success) return null;
  const { m, u, s, z: timeZone, f } = parsed.data;
  return { key, marker: m ?? null, uid: u ?? null, sequence: s, timeZone: timeZone ?? null, free: f };
}
