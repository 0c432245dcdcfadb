import { CalendarError, isCalendarError } from "@calsync/lib";
import type { ChangePage, Cursor, ExternalChange, PullOptions } from "@calsync/types";
import { ownAddresses } from "./credential-schema.ts";
import { type EtagCursor, parseCursor, type TokenCursor, writeCursor } from "./cursor.ts";
import { DavCollection, type DavObject, type Member } from "./DavCollection.ts";
import type { DavSession } from "./DavSession.ts";
import { instanceId, ordinaryOccurrence, readObject, toExternalEvent } from "./event-mapper.ts";
import { floatingZoneOf } from "./floating-zone.ts";

/** Objects in one multiget. */
const MAX_PAGE = 100;
/** More objects of one page than this over which a server fails are no accident of single ones. */
const MAX_POISONOUS = 3;

/**
 * The changes of a calendar since a cursor: by sync-collection where the server knows it, else by comparing ETags. Nothing
 * changed costs one request; changes cost one more per hundred objects. What we have written and the server says nothing of
 * (`options.written`) is read as well: Xandikos lists what differs between two states, and what came and went in between differs in neither.
 */
export async function* pullChanges(
  session: DavSession,
  calendarId: string,
  cursor: Cursor | null,
  options: PullOptions,
): AsyncGenerator<ChangePage> {
  if (options.signal?.aborted) throw new CalendarError("NETWORK_ERROR", "CalDAV: the pull was told to stop");
  const collection = new DavCollection(session, calendarId);
  const from = cursor === null ? { v: 1 as const, from: "", exceptions: {} } : parseCursor(cursor);
  const reader = new PageReader(session, collection, from.exceptions, options);
  if ("from" in from) {
    const pages = byToken(collection, reader, from, options);
    const first = await pages.next();
    if (!first.done) {
      yield first.value;
      yield* pages;
      return;
    }
    yield* byEtags(collection, reader, { v: 1, etags: {}, ctag: null, full: true, exceptions: {} }, options);
  } else {
    yield* byEtags(collection, reader, from, options);
  }
}

/** Ends without a page when the server does not know sync-collection. */
async function* byToken(
  collection: DavCollection,
  reader: PageReader,
  start: TokenCursor,
  { pageSize = MAX_PAGE, written = [], signal }: PullOptions,
): AsyncGenerator<ChangePage> {
  const full = start.from === "";
  const untold = new Set(full ? [] : written.map(objectOf));
  let cursor = start;
  for (let truncated = true; truncated; ) {
    const listed = await collection.changesSince(cursor.from, signal);
    if (!listed) {
      if (!full) throw new CalendarError("CURSOR_EXPIRED", "CalDAV: the server lists no changes any more");
      return;
    }
    truncated = listed.truncated;
    for (const name of [...listed.changed.map((member) => member.name), ...listed.removed])
      untold.delete(name);
    const until = cursor.until ?? listed.token;
    // In one order, so that a listing which broke off goes on behind the last name that it handed out.
    const { after = "" } = cursor;
    const changed = byName(listed.changed).filter(({ name }) => name > after);
    const removed = after === "" ? listed.removed : [];
    reader.forget(removed);
    for (let at = 0; ; at += Math.min(pageSize, MAX_PAGE)) {
      const members = changed.slice(at, at + Math.min(pageSize, MAX_PAGE));
      const last = at + members.length >= changed.length;
      const changes = [...(at === 0 ? removed.map(deletion) : []), ...(await reader.read(members))];
      if (last && !truncated) changes.push(...(await reader.confirm([...untold])));
      const { exceptions } = reader;
      const next: TokenCursor = last
        ? { v: 1, from: until, exceptions }
        : { v: 1, from: cursor.from, until, after: members.at(-1)?.name ?? after, exceptions };
      yield {
        changes,
        // A full listing that goes on after a cut begins anew when it breaks off: its token alone does not say so.
        cursor: writeCursor(last && truncated && full ? { v: 1, from: "", exceptions: {} } : next),
        complete: last && !truncated,
        full,
      };
      if (last) break;
    }
    cursor = { v: 1, from: until, exceptions: reader.exceptions };
  }
}

/** Compares what the collection lists with the ETags that were handed out before. */
async function* byEtags(
  collection: DavCollection,
  reader: PageReader,
  cursor: EtagCursor,
  { pageSize = MAX_PAGE, written = [], signal }: PullOptions,
): AsyncGenerator<ChangePage> {
  const { full } = cursor;
  const untold = full ? [] : written.map(objectOf).filter((name) => !(name in cursor.etags));
  const untouched = !full && untold.length === 0 && cursor.ctag !== null;
  if (untouched && (await collection.ctag(signal)) === cursor.ctag) {
    yield { changes: [], cursor: writeCursor(cursor), complete: true, full: false };
    return;
  }
  const { members, ctag } = await collection.list(signal);
  const present = new Set(members.map(({ name }) => name));
  const etags = { ...cursor.etags };
  const removed = Object.keys(etags).filter((name) => !present.has(name));
  for (const name of removed) delete etags[name];
  reader.forget(removed);
  // An object without an ETag cannot be compared: it counts as changed.
  const changed = byName(members).filter(({ name, etag }) => etag === null || etags[name] !== etag);
  for (let at = 0; ; at += Math.min(pageSize, MAX_PAGE)) {
    const page = changed.slice(at, at + Math.min(pageSize, MAX_PAGE));
    const last = at + page.length >= changed.length;
    const changes = [...(at === 0 && !full ? removed.map(deletion) : []), ...(await reader.read(page))];
    if (last) changes.push(...(await reader.confirm(untold.filter((name) => !present.has(name)))));
    for (const { name, etag } of page) if (etag !== null) etags[name] = etag;
    yield {
      changes,
      cursor: writeCursor({
        v: 1,
        etags,
        ctag: last ? ctag : null,
        full: full && !last,
        exceptions: reader.exceptions,
      }),
      complete: last,
      full,
    };
    if (last) return;
  }
}

const byName = (members: readonly Member[]): Member[] =>
  [...members].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** The name of the object that an event stands in: an exception of a series stands in that of its series. */
const objectOf = (eventId: string): string => eventId.split("#")[0] ?? eventId;

const deletion = (eventId: string): ExternalChange => ({
  type: "delete",
  eventId,
  seriesId: null,
  originalStart: null,
  version: null,
});

/** Reads the objects of a page and says what each of them means. */
class PageReader {
  readonly #session: DavSession;
  readonly #collection: DavCollection;
  readonly #signal: AbortSignal | undefined;
  /** Exceptions that have been handed out, by the names of their series. */
  readonly exceptions: Record<string, string[]>;

  constructor(
    session: DavSession,
    collection: DavCollection,
    exceptions: Readonly<Record<string, string[]>>,
    { signal }: PullOptions,
  ) {
    this.exceptions = { ...exceptions };
    this.#session = session;
    this.#collection = collection;
    this.#signal = signal;
  }

  async read(members: readonly Member[]): Promise<ExternalChange[]> {
    if (members.length === 0) return [];
    const own = ownAddresses(await this.#session.credential());
    const { objects, poisonous } = await this.#readAll(members.map(({ name }) => name));
    const changes: ExternalChange[] = poisonous.map((eventId) => ({
      type: "unreadable",
      eventId,
      reason: "the server fails when it is asked for this event",
    }));
    // What has gone since it was listed is in the next listing.
    for (const object of objects) changes.push(...(await this.#changesOf(object, own)));
    return changes;
  }

  /** What these are now, whatever the listing says of them: each that is not there is asked for once more, alone, before it has gone. */
  async confirm(names: readonly string[]): Promise<ExternalChange[]> {
    const changes: ExternalChange[] = [];
    for (let at = 0; at < names.length; at += MAX_PAGE) {
      const page = names.slice(at, at + MAX_PAGE);
      changes.push(...(await this.read(page.map((name) => ({ name, etag: null })))));
    }
    const found = new Set(
      changes.map((change) => objectOf((change.type === "upsert" ? change.event.id : change.eventId) ?? "")),
    );
    for (const name of names) {
      if (found.has(name) || (await this.#collection.readOne(name)) !== null) continue;
      this.forget([name]);
      changes.push(deletion(name));
    }
    return changes;
  }

  /**
   * Reads objects in one request. A server that fails over one of them (500) fails for all that are asked for together: then they
   * are read in halves until those are alone that cannot be read. When these are many, the server is out of order. In the same way,
   * some servers say of all that they are not there (404) when one has gone (SabreDAV 1.8).
   */
  async #readAll(names: readonly string[]): Promise<{ objects: DavObject[]; poisonous: string[] }> {
    try {
      return { objects: await this.#collection.read(names, this.#signal), poisonous: [] };
    } catch (error) {
      const gone = isCalendarError(error, "CALENDAR_NOT_FOUND");
      if (!gone && (!isCalendarError(error, "CALENDAR_API_ERROR") || error.status !== 500)) throw error;
      if (names.length === 1) {
        // When it is the calendar that has gone, or the whole server that fails, this says so.
        await this.#collection.ctag(this.#signal);
        return { objects: [], poisonous: gone ? [] : [...names] };
      }
      const middle = Math.ceil(names.length / 2);
      const first = await this.#readAll(names.slice(0, middle));
      if (first.poisonous.length > MAX_POISONOUS) throw error;
      const second = await this.#readAll(names.slice(middle));
      const poisonous = [...first.poisonous, ...second.poisonous];
      if (poisonous.length > MAX_POISONOUS) throw error;
      return { objects: [...first.objects, ...second.objects], poisonous };
    }
  }

  /** These series have gone, and their exceptions with them. */
  forget(names: readonly string[]): void {
    for (const name of names) delete this.exceptions[name];
  }

  async #changesOf(object: DavObject, own: readonly string[]): Promise<ExternalChange[]> {
    const { name, etag } = object;
    const { url } = this.#collection;
    const read = await readObject(object.text, () => floatingZoneOf(this.#session, url, this.#signal));
    if (!read)
      return [{ type: "unreadable", eventId: name, reason: "the object holds no event that can be read" }];
    const context = { calendarId: url, name, etag, own };
    const standing = read.exceptions.flatMap(({ recurrenceId }) => recurrenceId ?? []);
    const vanished = (this.exceptions[name] ?? []).filter(
      (originalStart) => !standing.includes(originalStart) && !read.holes.includes(originalStart),
    );
    if (standing.length > 0) this.exceptions[name] = standing;
    else delete this.exceptions[name];
    // One that became an ordinary occurrence again says where it is now; one that its series has lost is told as gone.
    const ordinary = vanished.map((originalStart) => ordinaryOccurrence(read, originalStart));
    const lost = vanished.filter((_, index) => !ordinary[index]);
    const events = [
      ...(read.master ? [read.master] : []),
      ...read.exceptions,
      ...ordinary.filter((event) => event !== null),
    ];
    return [
      ...lost.map((originalStart) => deletion(instanceId(name, originalStart))),
      ...events.map((event): ExternalChange => ({ type: "upsert", event: toExternalEvent(event, context) })),
      ...read.holes.map(
        (originalStart): ExternalChange => ({
          type: "delete",
          eventId: instanceId(name, originalStart),
          seriesId: name,
          originalStart,
          version: etag,
        }),
      ),
    ];
  }
}
