import type { StoredEvent } from "./types.ts";

/**
 * The events of one calendar, with what makes them quick to find: by id, by iCalUID, by series, and by change.
 *
 * The change log holds one entry per write in rising order; an entry is stale once its event has changed again. Sync
 * tokens and page tokens are positions in it, found by binary search. Stale entries are swept out when they prevail.
 */
export class EventBook {
  readonly #events = new Map<string, StoredEvent>();
  readonly #idsByUid = new Map<string, Set<string>>();
  readonly #exceptionIds = new Map<string, Set<string>>();
  #log: { seq: number; id: string }[] = [];
  #seq = 0;

  /** The place of the latest change; 0 for a calendar that never changed. */
  get seq(): number {
    return this.#seq;
  }

  /** How many events are kept, cancelled ones included. */
  get size(): number {
    return this.#events.size;
  }

  /** The event with this id, also a cancelled one. */
  get(id: string): StoredEvent | undefined {
    return this.#events.get(id);
  }

  /** All events, cancelled ones included, in order of creation. */
  values(): Iterable<StoredEvent> {
    return this.#events.values();
  }

  /** Events with an iCalUID: one, or a series with its exceptions. */
  withUid(iCalUid: string): StoredEvent[] {
    return this.#pick(this.#idsByUid.get(iCalUid));
  }

  /** The exceptions of a series. */
  exceptionsOf(seriesId: string): StoredEvent[] {
    return this.#pick(this.#exceptionIds.get(seriesId));
  }

  /** Keeps an event as the newest change of the calendar; gives it its `seq`. */
  put(event: StoredEvent): StoredEvent {
    this.#seq += 1;
    event.seq = this.#seq;
    this.#log.push({ seq: event.seq, id: event.id });
    this.#index(event);
    if (this.#log.length > 2 * this.#events.size + 1000) {
      this.#log = this.#log.filter((entry) => this.#events.get(entry.id)?.seq === entry.seq);
    }
    return event;
  }

  /** Keeps an event without a change that a sync would report. */
  putQuietly(event: StoredEvent): StoredEvent {
    if (!this.#events.has(event.id)) return this.put(event);
    this.#index(event);
    return event;
  }

  /** Events whose latest change lies after `seq`, oldest change first. */
  *changedAfter(seq: number): Generator<StoredEvent> {
    for (let index = this.#firstAfter(seq); index < this.#log.length; index += 1) {
      const entry = this.#log[index] as { seq: number; id: string };
      const event = this.#events.get(entry.id);
      if (event && event.seq === entry.seq) yield event;
    }
  }

  /** For the state file. */
  toJSON(): { seq: number; events: StoredEvent[] } {
    return { seq: this.#seq, events: [...this.#events.values()] };
  }

  /** A book from what {@link toJSON} wrote. */
  static from(saved: { seq: number; events: StoredEvent[] }): EventBook {
    const book = new EventBook();
    for (const event of saved.events) book.#index(event);
    book.#seq = saved.seq;
    book.#log = saved.events.map(({ seq, id }) => ({ seq, id })).sort((a, b) => a.seq - b.seq);
    return book;
  }

  #index(event: StoredEvent): void {
    this.#events.set(event.id, event);
    const { iCalUID, recurringEventId } = event.body;
    if (iCalUID) addTo(this.#idsByUid, iCalUID, event.id);
    if (recurringEventId) addTo(this.#exceptionIds, recurringEventId, event.id);
  }

  #pick(ids: Set<string> | undefined): StoredEvent[] {
    const found: StoredEvent[] = [];
    for (const id of ids ?? []) {
      const event = this.#events.get(id);
      if (event) found.push(event);
    }
    return found;
  }

  #firstAfter(seq: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as { seq: number }).seq > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function addTo(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}
