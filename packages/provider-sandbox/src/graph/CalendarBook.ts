import { readOccurrenceKey } from "./item-ids.ts";
import type { StoredEvent } from "./types.ts";

/** The events of one calendar with a log of their changes; what delta tokens mean is a place in it. */
export class CalendarBook {
  readonly #events = new Map<string, StoredEvent>();
  readonly #exceptions = new Map<string, Set<string>>();
  readonly #rootsByUid = new Map<string, string>();
  #log: { seq: number; key: string }[] = [];
  #seq = 0;

  /** The place of the latest change; 0 for a calendar that never changed. */
  get seq(): number {
    return this.#seq;
  }

  /** The event with this key; tombstones too. */
  get(key: string): StoredEvent | undefined {
    return this.#events.get(key);
  }

  /** The event with this key unless it is gone. */
  live(key: string): StoredEvent | undefined {
    const event = this.#events.get(key);
    return event?.gone ? undefined : event;
  }

  /** Single events and series that are not gone, in order of creation. */
  *roots(): Generator<StoredEvent> {
    for (const event of this.#events.values()) if (!event.gone && !event.exception) yield event;
  }

  /** The single event or series with an iCalUId, unless it is gone. */
  withUid(iCalUId: string): StoredEvent | undefined {
    return this.live(this.#rootsByUid.get(iCalUId) ?? "");
  }

  /** The exceptions of a series. */
  exceptionsOf(masterKey: string): StoredEvent[] {
    return [...(this.#exceptions.get(masterKey) ?? [])]
      .map((key) => this.live(key))
      .filter((event) => event !== undefined);
  }

  /** Keeps an event as the newest change of the calendar; gives it its `seq`. */
  put(event: StoredEvent): StoredEvent {
    this.#seq += 1;
    event.seq = this.#seq;
    this.#log.push({ seq: event.seq, key: event.key });
    this.#index(event);
    if (this.#log.length > 2 * this.#events.size + 1000) {
      this.#log = this.#log.filter((entry) => this.#events.get(entry.key)?.seq === entry.seq);
    }
    return event;
  }

  /** Takes an exception away without a trace: it went with its series, or its series was rescheduled. */
  forget(key: string): void {
    this.#events.delete(key);
    const occurrence = readOccurrenceKey(key);
    if (occurrence) this.#exceptions.get(occurrence.masterKey)?.delete(key);
  }

  /** Keys of what changed after `seq` and up to `until`, oldest change first, each once. */
  changedBetween(seq: number, until: number): string[] {
    const keys: string[] = [];
    for (let index = this.#log.length - 1; index >= 0; index -= 1) {
      const entry = this.#log[index] as { seq: number; key: string };
      if (entry.seq <= seq) break;
      if (entry.seq <= until) keys.push(entry.key);
    }
    return [...new Set(keys.reverse())];
  }

  /** For the state file. */
  toJSON(): { seq: number; events: StoredEvent[] } {
    return { seq: this.#seq, events: [...this.#events.values()] };
  }

  /** A book from what {@link toJSON} wrote. */
  static from(saved: { seq: number; events: StoredEvent[] }): CalendarBook {
    const book = new CalendarBook();
    for (const event of saved.events) book.#index(event);
    book.#seq = saved.seq;
    book.#log = saved.events.map(({ seq, key }) => ({ seq, key })).sort((a, b) => a.seq - b.seq);
    return book;
  }

  #index(event: StoredEvent): void {
    this.#events.set(event.key, event);
    if (!event.exception) {
      this.#rootsByUid.set(event.iCalUId, event.key);
      return;
    }
    const keys = this.#exceptions.get(event.exception.masterKey);
    if (keys) keys.add(event.key);
    else this.#exceptions.set(event.exception.masterKey, new Set([event.key]));
  }
}
