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
}

/** What people have really done to the events of each booking: all that sync may ever do to a booking follows from it. */
export class PersonEdits {
  readonly all: PersonEdit[] = [];
  readonly #world: EngineWorld;

  constructor(world: EngineWorld) {
    this.#world = world;
  }

  /** A person has changed an event. */
  note(
    { marker }: ExternalEvent,
    kind: Kind,
    value: string | null = null,
    field: PersonEdit["field"] = null,
  ): void {
    const bookingId = this.#world.db.tables.references.get(marker ?? "")?.bookingId;
    if (bookingId === undefined) return;
    this.all.push({ bookingId, kind, field, value, after: this.#world.db.nextNumber() });
  }

  /** How often people have done this to the booking's events. */
  count(bookingId: number, kind: Kind): number {
    return this.all.filter((edit) => edit.bookingId === bookingId && edit.kind === kind).length;
  }

  /** The last edit of each field of each booking whose event was never deleted. */
  last(): PersonEdit[] {
    const deleted = new Set(
      this.all.filter(({ kind }) => kind === "cancel").map(({ bookingId }) => bookingId),
    );
    const last = new Map(this.all.map((edit) => [`${edit.bookingId} ${edit.kind} ${edit.field}`, edit]));
    return [...last.values()].filter(({ bookingId }) => !deleted.has(bookingId));
  }
}
