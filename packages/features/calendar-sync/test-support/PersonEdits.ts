import type { ExternalEvent } from "@calsync/types";
import type { BookingAction } from "../ports/BookingStore.ts";
import type { EngineWorld } from "./EngineWorld.ts";

type Kind = BookingAction["kind"];

/** What people have really done to the events of each booking: all that sync may ever do to a booking follows from it. */
export class PersonEdits {
  readonly #world: EngineWorld;
  readonly #counts = new Map<string, number>();

  constructor(world: EngineWorld) {
    this.#world = world;
  }

  /** A person has changed an event. */
  note({ marker }: ExternalEvent, kind: Kind): void {
    const bookingId = this.#world.db.tables.references.get(marker ?? "")?.bookingId;
    if (bookingId === undefined) return;
    this.#counts.set(keyOf(bookingId, kind), this.count(bookingId, kind) + 1);
  }

  /** How often people have done this to the booking's events. */
  count(bookingId: number, kind: Kind): number {
    return this.#counts.get(keyOf(bookingId, kind)) ?? 0;
  }
}

const keyOf = (bookingId: number, kind: Kind) => `${bookingId} ${kind}`;
