import { createHash } from "node:crypto";

/** One calendar object resource (RFC 4791 §4.1) as it was stored. */
export interface StoredObject {
  name: string;
  text: string;
  etag: string;
  uid: string;
}

/** What a listing of changes says (RFC 6578 §3.2). */
export interface Listing {
  changed: StoredObject[];
  removed: string[];
  /** Where the next listing goes on. */
  position: number;
  /** There is more: the answer was cut short. */
  truncated: boolean;
}

/** A precondition of RFC 4791 §5.3.2.1 that a write does not meet. */
export class PreconditionFailure extends Error {
  override readonly name = "PreconditionFailure";
  readonly status: number;
  readonly precondition: string;
  /** The object that stands in the way, for `no-uid-conflict`. */
  readonly conflict: string | null;

  constructor(status: number, precondition: string, conflict: string | null = null) {
    super(precondition);
    this.status = status;
    this.precondition = precondition;
    this.conflict = conflict;
  }
}

/** One calendar: its objects by name, and the order in which they changed. */
export class CalendarCollection {
  readonly #objects = new Map<string, StoredObject>();
  readonly #nameOf = new Map<string, string>();
  /** Names in the order of their last change, each with its position; a removed one stays for ever. */
  readonly #changes = new Map<string, number>();
  /** Where each name was last made anew. */
  readonly #madeAt = new Map<string, number>();
  #position = 0;

  /** Rises with every change and with nothing else. */
  get position(): number {
    return this.#position;
  }

  all(): StoredObject[] {
    return [...this.#objects.values()];
  }

  /** Objects with an attendee in whose line a text stands. */
  attendedBy(wanted: string): StoredObject[] {
    return this.all().filter(({ text }) =>
      text.split("\r\n").some((line) => line.startsWith("ATTENDEE") && line.includes(wanted)),
    );
  }

  find(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  /** Stores an object. @throws PreconditionFailure when it is none, or its UID is taken */
  put(name: string, text: string): { stored: StoredObject; created: boolean } {
    const uid = uidOf(text);
    const holder = this.#nameOf.get(uid);
    if (holder !== undefined && holder !== name)
      throw new PreconditionFailure(409, "no-uid-conflict", holder);
    const before = this.#objects.get(name);
    const created = before === undefined;
    if (before) this.#nameOf.delete(before.uid);
    this.#nameOf.set(uid, name);
    this.#changed(name);
    const digest = createHash("sha256").update(text).digest("base64url").slice(0, 12);
    const stored = { name, text, uid, etag: `"${this.#position}-${digest}"` };
    this.#objects.set(name, stored);
    if (created) this.#madeAt.set(name, this.#position);
    return { stored, created };
  }

  remove(name: string): void {
    const before = this.#objects.get(name);
    if (before) this.#nameOf.delete(before.uid);
    this.#objects.delete(name);
    this.#changed(name);
  }

  /** Everything that changed after a position, each object once; from 0 on, what is there now. */
  changesSince(position: number, limit: number, tellsShortLived = true): Listing {
    const toTell = (name: string) =>
      this.#objects.has(name) ||
      (position > 0 && (tellsShortLived || (this.#madeAt.get(name) ?? 0) <= position));
    const names = [...this.#changes].filter(([name, at]) => at > position && toTell(name));
    const listed = names.slice(0, limit);
    const truncated = listed.length < names.length;
    return {
      changed: listed.flatMap(([name]) => this.#objects.get(name) ?? []),
      removed: listed.map(([name]) => name).filter((name) => !this.#objects.has(name)),
      position: truncated ? (listed.at(-1)?.[1] ?? position) : this.#position,
      truncated,
    };
  }

  #changed(name: string): void {
    this.#position += 1;
    this.#changes.delete(name);
    this.#changes.set(name, this.#position);
  }
}

/** The one UID of an object (RFC 4791 §4.1). @throws PreconditionFailure */
function uidOf(text: string): string {
  const lines = text.replaceAll(/\r?\n[ \t]/g, "").split(/\r?\n/);
  if (lines[0] !== "BEGIN:VCALENDAR" || !lines.includes("END:VCALENDAR")) {
    throw new PreconditionFailure(403, "valid-calendar-data");
  }
  const components = lines.filter((line) => /^BEGIN:V(EVENT|TODO|JOURNAL)$/.test(line));
  if (components.some((line) => line !== "BEGIN:VEVENT")) {
    throw new PreconditionFailure(403, "supported-calendar-component");
  }
  const uids = new Set(
    lines.filter((line) => /^UID[;:]/.test(line)).map((line) => line.replace(/^UID[^:]*:/, "")),
  );
  const [uid] = uids;
  if (
    components.length === 0 ||
    uid === undefined ||
    uids.size > 1 ||
    lines.some((line) => line.startsWith("METHOD"))
  ) {
    throw new PreconditionFailure(403, "valid-calendar-object-resource");
  }
  return uid;
}
