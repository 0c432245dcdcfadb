import type { ExternalEvent } from "@calsync/types";
import type { BookingAction } from "../ports/BookingStore.ts";
import type { EngineWorld } from "./EngineWorld.ts";

type Kind = BookingAction["kind"];

/** One edit. */
export interface PersonEdit {
  bookingId: number;
  kind: Kind;
  /** For an edit of details. */
  field: "title" | "description" | "location" | null;
  /** The text, or the start. */
  value: string | null;
  /** Records of a higher number came after it. */
  after: number;
  /** Whether the event says by it what neither both sides had agreed on, nor we were writing: else it is no edit in sum. */
  news: boolean;
}

/** What people have really done to the events of each booking: all that sync may ever do to a booking follows from it. */
export class PersonEdits {
  readonly all: PersonEdit[] = [];
  /** Ids of events that people have brought back from the bin. */
  readonly broughtBack = new Set<string>();
  readonly #world: EngineWorld;

  constructor(world: EngineWorld) {
    this.#world = world;
  }

  /** A person has changed an event. */
  note(
    { id, marker }: ExternalEvent,
    kind: Kind,
    value: string | null = null,
    field: PersonEdit["field"] = null,
  ): void {
    if (kind === "restore") this.broughtBack.add(id);
    const reference = this.#world.db.tables.references.get(marker ?? "");
    if (reference === undefined) return;
    const { bookingId, base, pending } = reference;
    const known = [...(base ? [base] : []), ...pending].map(({ remote }) =>
      field ? remote[field] : remote.time.start,
    );
    const news = value !== null && !known.includes(value);
    this.all.push({ bookingId, kind, field, value, after: this.#world.db.nextNumber(), news });
  }

  /** How often people have done this to the booking's events. */
  count(bookingId: number, kind: Kind): number {
    return this.all.filter((edit) => edit.bookingId === bookingId && edit.kind === kind).length;
  }

  /** The last edit of each field of each booking whose event was never deleted, where it says something new. */
  last(): PersonEdit[] {
    const deleted = new Set(
      this.all.filter(({ kind }) => kind === "cancel").map(({ bookingId }) => bookingId),
    );
    const last = new Map(this.all.map((edit) => [`${edit.bookingId} ${edit.kind} ${edit.field}`, edit]));
    return [...last.values()].filter(({ bookingId, news }) => news && !deleted.has(bookingId));
  }
}
