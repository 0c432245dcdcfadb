import { createHash } from "node:crypto";
import type { GoogleContext } from "../context.ts";
import { fullSyncRequired, GoogleApiError, invalid } from "../errors.ts";
import type { Calendar } from "../GoogleStore.ts";

/** Where an incremental round begins. Opaque to clients: base64url of a JSON array. */
export interface SyncPosition {
  seq: number;
  /** Fingerprint of the parameters that must stay the same. */
  parameters: string;
  issuedAtMs: number;
}

/** Where the next page of a list begins. */
export interface PagePosition {
  /** Changes up to here have been listed. */
  afterSeq: number;
  /** The change of which some instances have been listed already; 0 for none. */
  partialSeq: number;
  /** How many of its instances; with `orderBy`, how many items of the sorted list. */
  skip: number;
  /** The calendar's `seq` as the list began; the next sync token. */
  roundSeq: number;
  /** Fingerprint of the whole query. */
  query: string;
}

/** A short stable mark of some query parameters, to notice when a client changes them between rounds. */
export function fingerprint(values: unknown): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("base64url").slice(0, 12);
}

/** Prints a sync token for a user of a calendar. */
export function printSyncToken(calendar: Calendar, email: string, position: SyncPosition): string {
  const generations = [calendar.generation, calendar.userGenerations.get(email) ?? 0];
  return pack([
    "sync",
    calendar.id,
    email,
    ...generations,
    position.seq,
    position.parameters,
    position.issuedAtMs,
  ]);
}

/** Reads a sync token. @throws GoogleApiError 410 when it has expired, 400 (switch: 410) when it cannot be read. */
export function readSyncToken(
  context: GoogleContext,
  calendar: Calendar,
  email: string,
  token: string,
): SyncPosition {
  const fields = unpack(token);
  if (fields?.[0] !== "sync" || fields[1] !== calendar.id || fields[2] !== email) {
    if (context.faults.behaviours.undecodableSyncToken === 410) throw fullSyncRequired();
    throw new GoogleApiError(400, "global", "invalid", "Invalid sync token value.", {
      type: "parameter",
      name: "syncToken",
    });
  }
  const [, , , generation, userGeneration, seq, parameters, issuedAtMs] = fields as [
    string,
    string,
    string,
    number,
    number,
    number,
    string,
    number,
  ];
  const lifetimeMs = context.faults.behaviours.syncTokenLifetimeMs;
  const expired =
    generation !== calendar.generation ||
    userGeneration !== (calendar.userGenerations.get(email) ?? 0) ||
    seq > calendar.events.seq ||
    (lifetimeMs !== null && context.store.clock.nowMs() - issuedAtMs >= lifetimeMs);
  if (expired) throw fullSyncRequired();
  return { seq, parameters, issuedAtMs };
}

/** Prints a page token. */
export function printPageToken(position: PagePosition): string {
  return pack([
    "page",
    position.afterSeq,
    position.partialSeq,
    position.skip,
    position.roundSeq,
    position.query,
  ]);
}

/** Reads a page token. @throws GoogleApiError 400 when it cannot be read or belongs to another query. */
export function readPageToken(token: string, query: string): PagePosition {
  const fields = unpack(token);
  if (fields?.[0] !== "page") throw invalid("Invalid page token value.", "pageToken");
  const [, afterSeq, partialSeq, skip, roundSeq, issuedFor] = fields as [
    string,
    number,
    number,
    number,
    number,
    string,
  ];
  if (issuedFor !== query) {
    throw invalid(
      "The page token belongs to another query: repeat the identical query with it.",
      "pageToken",
    );
  }
  return { afterSeq, partialSeq, skip, roundSeq, query };
}

function pack(fields: unknown[]): string {
  return Buffer.from(JSON.stringify(fields)).toString("base64url");
}

function unpack(token: string): unknown[] | null {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) return null;
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(fields) ? fields : null;
  } catch {
    return null;
  }
}
