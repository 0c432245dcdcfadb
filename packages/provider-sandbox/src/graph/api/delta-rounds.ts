import { secret } from "../../oauth/secret.ts";
import { badRequest, type GraphApiError, syncStateNotFound } from "../errors.ts";
import type { GraphCalendar } from "../GraphStore.ts";
import type { Occurrence } from "../recurrence.ts";

/** A window of calendarView, instants. */
export interface DeltaWindow {
  fromMs: number;
  toMs: number;
}

/** One item of a round, rendered when its page is read. */
export type DeltaItem =
  | { kind: "event"; key: string }
  | { kind: "occurrence"; masterKey: string; revision: number; occurrence: Occurrence }
  | { kind: "removed"; key: string };

/** A round that a client pages through. */
export interface DeltaRound {
  id: string;
  calendarId: string;
  window: DeltaWindow;
  items: DeltaItem[];
  /** Place in the calendar's log that the round's deltaLink will start from. */
  untilSeq: number;
}

/** What a deltaLink says. */
export interface DeltaToken extends DeltaWindow {
  calendarId: string;
  seq: number;
  generation: number;
  /** The mailbox' count of moves when it was given out. */
  moves: number;
}

/** What a nextLink says. */
interface SkipToken {
  round: string;
  offset: number;
  moves: number;
}

/** Rounds whose pages are kept at most; the oldest goes first. They do not survive a restart, which real ones need not either. */
const MAX_ROUNDS = 200;

/** The rounds that clients are paging through. */
export class DeltaRounds {
  readonly #rounds = new Map<string, DeltaRound>();

  /** Starts a round. */
  open(round: Omit<DeltaRound, "id">): DeltaRound {
    const kept = { ...round, id: secret(9) };
    this.#rounds.set(kept.id, kept);
    const oldest = this.#rounds.keys().next().value;
    if (this.#rounds.size > MAX_ROUNDS && oldest !== undefined) this.#rounds.delete(oldest);
    return kept;
  }

  /** A round by id; undefined once it is forgotten. */
  get(id: string): DeltaRound | undefined {
    return this.#rounds.get(id);
  }

  /** Forgets all rounds. */
  clear(): void {
    this.#rounds.clear();
  }
}

/** A token as it stands in a link. */
export function printToken(token: DeltaToken | SkipToken): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** Reads `$deltatoken`. @throws GraphApiError 400 for a word that is none */
export function readDeltaToken(text: string): DeltaToken {
  return read<DeltaToken>(text, "generation");
}

/** Reads `$skiptoken`. @throws GraphApiError 400 for a word that is none */
export function readSkipToken(text: string): SkipToken {
  return read<SkipToken>(text, "round");
}

function read<Token>(text: string, member: keyof Token & string): Token {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch (cause) {
    throw malformed(cause);
  }
  if (typeof value === "object" && value !== null && member in value) return value as Token;
  throw malformed();
}

function malformed(cause?: unknown): GraphApiError {
  const refusal = badRequest("ErrorInvalidUrlQuery", "Badly formed token.");
  refusal.cause = cause;
  return refusal;
}

/** Gives out the next generation of a calendar's delta tokens; only the last few keep working. */
export function nextGeneration(calendar: GraphCalendar, kept: number): number {
  calendar.lastDeltaGeneration += 1;
  calendar.deltaGenerations = [...calendar.deltaGenerations, calendar.lastDeltaGeneration].slice(-kept);
  return calendar.lastDeltaGeneration;
}

/** @throws GraphApiError 410 `SyncStateNotFound` for a generation that was dropped */
export function assertGeneration(calendar: GraphCalendar, generation: number): void {
  if (!calendar.deltaGenerations.includes(generation)) {
    throw syncStateNotFound(generation, calendar.deltaGenerations);
  }
}
