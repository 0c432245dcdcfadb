import { createHash, randomUUID } from "node:crypto";
import type { AppReason } from "@calsync/calendar-sync";
import { AppError } from "@calsync/lib";
import { type BookingMail, type MailKind, queueBookingMails } from "@calsync/notifications";
import type { PrismaTransaction } from "@calsync/prisma";
import type { Interval } from "@calsync/types";
import type { CreateEntry, Entry, UpdateEntry } from "../entries-dto.ts";
import { bookingEnded, conflict, invalid } from "../errors.ts";
import * as entries from "../repositories/EntryRepository.ts";
import { inTransaction, isIdempotencyKeyTaken } from "../repositories/transaction.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { differenceOf, toEntry, versionOf } from "./entry-shape.ts";
import { toInterval } from "./event-time.ts";

/** A calendar of a user's that entries may be put into. */
export interface WritableCalendar {
  id: string;
  name: string;
  /** False for calendars that are only read. */
  writable: boolean;
}

/** What entries are made and changed with. */
export interface EntryDependencies extends BookingDependencies {
  /** The calendars that a user has connected and uses. */
  calendarsOf: (userId: number) => Promise<WritableCalendar[]>;
}

/**
 * A host's own entries. Each is kept in step with the calendars that it stands in like a booking, both ways. What is another
 * user's is not-found `unknown_entry`.
 */
export interface EntryService {
  /**
   * @throws invalid `unknown_calendar`, `calendar_read_only`, `time_in_past`; conflict `idempotency_key_reused`
   */
  create(
    userId: number,
    fields: CreateEntry,
    options?: { idempotencyKey?: string | undefined },
  ): Promise<Entry>;
  get(userId: number, uid: string): Promise<Entry>;
  /** Those that stand and touch the range. */
  list(userId: number, range: Interval): Promise<Entry[]>;
  /**
   * @param ifVersion the version that the change was made on; null changes the entry whatever it is now
   * @throws outdated `entry_changed`; conflict `entry_deleted`, `booking_ended`; invalid as `create`
   */
  update(userId: number, uid: string, changes: UpdateEntry, ifVersion: string | null): Promise<Entry>;
  /** Deletes it here and in its calendars. Repeating it changes nothing. @throws as `update` */
  remove(userId: number, uid: string, ifVersion: string | null): Promise<void>;
}

type EntryMail = Pick<BookingMail, "kind" | "guests" | "previousTime">;

/** Puts the service together. */
export function createEntryService(deps: EntryDependencies): EntryService {
  const { prisma, now } = deps;

  async function checkCalendars(userId: number, ids: readonly string[] | undefined): Promise<void> {
    if (ids === undefined) return;
    const known = new Map((await deps.calendarsOf(userId)).map((calendar) => [calendar.id, calendar]));
    for (const id of ids) {
      const calendar = known.get(id);
      if (!calendar) {
        throw invalid(
          "unknown_calendar",
          `You use no calendar with the id ${id}.`,
          "GET /v1/sync lists your calendars.",
        );
      }
      if (!calendar.writable) {
        throw invalid(
          "calendar_read_only",
          `The calendar “${calendar.name}” is only read.`,
          "Choose another calendar, or let its preferences allow writing.",
        );
      }
    }
  }

  async function show(userId: number, uid: string): Promise<Entry> {
    const row = await entries.findEntry(prisma, userId, uid);
    if (!row) throw unknownEntry();
    return toEntry(row);
  }

  async function tell(
    tx: PrismaTransaction,
    change: {
      row: entries.EntryRow;
      mails: readonly EntryMail[];
      reason: AppReason;
      before: unknown;
      after: unknown;
      calendarSyncIds?: readonly string[] | undefined;
    },
  ): Promise<void> {
    const { row, mails, reason, before, after, calendarSyncIds } = change;
    const actor = { by: "host", name: null, via: null } as const;
    await queueBookingMails(
      tx,
      mails.map((mail) => ({ ...mail, bookingId: row.id, sequence: row.sequence, actor })),
      { now: now(), ...(deps.settleMs ? { settleMs: deps.settleMs } : {}) },
    );
    await deps.sync.bookingsChanged(tx, [
      {
        bookingId: row.id,
        hostId: row.hostId,
        reason,
        before,
        after,
        ...(calendarSyncIds ? { calendarSyncIds } : {}),
      },
    ]);
  }

  async function reread(tx: PrismaTransaction, userId: number, uid: string): Promise<entries.EntryRow> {
    const row = await entries.findEntry(tx, userId, uid);
    if (!row) throw unknownEntry();
    return row;
  }

  return {
    async create(userId, fields, { idempotencyKey } = {}) {
      const key = idempotencyKey === undefined ? null : storedKey(userId, idempotencyKey);
      const earlier = key === null ? null : await entries.findEntryByKey(prisma, userId, key);
      if (earlier) return repeated(earlier, fields);
      await checkCalendars(userId, fields.calendars);
      const zone = await entries.zoneOf(prisma, userId);
      const place = placeOf(fields.time, zone);
      if (place.end <= now()) {
        throw invalid("time_in_past", "The entry would be over already.", "Choose a time to come.");
      }
      const uid = randomUUID();
      try {
        await inTransaction(prisma, async (tx) => {
          await entries.insertEntry(tx, {
            uid,
            hostId: userId,
            title: fields.title,
            description: fields.description,
            location: fields.location,
            time: { start: place.start, end: place.end },
            timeZone: place.timeZone,
            allDay: place.allDay,
            iCalUid: `${uid}@calsync`,
            idempotencyKey: key,
            attendees: fields.attendees.map((one) => ({ ...one, timeZone: place.timeZone })),
            createdAt: now(),
          });
          const row = await reread(tx, userId, uid);
          await tell(tx, {
            row,
            mails: [{ kind: "booked" }],
            reason: "entry-created-by-host",
            before: null,
            after: { title: fields.title, time: fields.time },
            calendarSyncIds: fields.calendars,
          });
        });
      } catch (error) {
        const twin =
          key !== null && isIdempotencyKeyTaken(error)
            ? await entries.findEntryByKey(prisma, userId, key)
            : null;
        if (twin) return repeated(twin, fields);
        throw error;
      }
      deps.log.info({ hostId: userId, uid }, "entry made");
      return show(userId, uid);
    },

    get: show,

    list: async (userId, range) => (await entries.findEntries(prisma, userId, range)).map(toEntry),

    async update(userId, uid, changes, ifVersion) {
      await checkCalendars(userId, changes.calendars);
      const zone = await entries.zoneOf(prisma, userId);
      await inTransaction(prisma, async (tx) => {
        const current = await entries.lockEntry(tx, userId, uid);
        if (!current) throw unknownEntry();
        requireVersion(current, ifVersion);
        if (!isActive(current)) {
          throw conflict("entry_deleted", "This entry was deleted.", "Make a new one.");
        }
        if (current.endTime <= now()) throw bookingEnded();
        const place = changes.time ? placeOf(changes.time, zone) : null;
        if (place && place.end <= now()) {
          throw invalid("time_in_past", "The entry would be over already.", "Choose a time to come.");
        }
        const difference = differenceOf(current, changes, place);
        if (!difference.changed) return;
        await entries.updateEntry(tx, current, difference.values, now());
        if (changes.attendees && difference.values.attendees !== undefined) {
          const timeZone = place?.timeZone ?? current.timeZone;
          await entries.setAttendees(
            tx,
            current.id,
            changes.attendees.map((one) => ({ ...one, timeZone })),
          );
        }
        const row = await reread(tx, userId, uid);
        await tell(tx, {
          row,
          mails: mailsFor(current, difference),
          reason: "entry-changed-by-host",
          before: difference.before,
          after: difference.after,
          calendarSyncIds: changes.calendars,
        });
      });
      return show(userId, uid);
    },

    async remove(userId, uid, ifVersion) {
      await inTransaction(prisma, async (tx) => {
        const current = await entries.lockEntry(tx, userId, uid);
        if (!current) throw unknownEntry();
        // Deleting twice is what people do who did not see an answer.
        if (!isActive(current)) return;
        requireVersion(current, ifVersion);
        if (current.endTime <= now()) throw bookingEnded();
        await entries.updateEntry(tx, current, { status: "CANCELLED" }, now());
        const row = await reread(tx, userId, uid);
        await tell(tx, {
          row,
          mails: [{ kind: "cancelled" }],
          reason: "entry-deleted-by-host",
          before: { status: current.status },
          after: { status: row.status },
        });
      });
    },
  };
}

/** Who is to be told what: newcomers that they are invited, those who left that it is off, the others what changed. */
function mailsFor(
  before: entries.EntryRow,
  { kind, joined, left }: { kind: MailKind; joined: readonly string[]; left: readonly string[] },
): EntryMail[] {
  const newcomers = new Set(joined);
  const gone = new Set(left);
  const others = before.attendees
    .map(({ email }) => email)
    .filter((email) => !newcomers.has(email) && !gone.has(email));
  const previousTime = { start: before.startTime.toISOString(), end: before.endTime.toISOString() };
  return [
    ...(joined.length > 0 ? [{ kind: "booked" as const, guests: joined }] : []),
    ...(left.length > 0 ? [{ kind: "cancelled" as const, guests: left }] : []),
    ...(kind === "rescheduled"
      ? [{ kind, previousTime, ...(joined.length + left.length > 0 ? { guests: others } : {}) }]
      : others.length > 0
        ? [{ kind, guests: others }]
        : []),
  ];
}

function placeOf(
  time: CreateEntry["time"],
  hostZone: string,
): Interval & { timeZone: string; allDay: boolean } {
  const timeZone = time.timeZone ?? hostZone;
  const { allDay, start, end } = time;
  const place = toInterval(allDay ? { allDay, start, end } : { allDay, start, end, timeZone }, timeZone);
  return { ...place, allDay };
}

function requireVersion(row: entries.EntryRow, ifVersion: string | null): void {
  if (ifVersion === null || ifVersion === versionOf(row)) return;
  throw new AppError("outdated", "entry_changed", "The entry has changed since you read it.", {
    hint: "Read it again, and repeat your change with its ETag as If-Match.",
  });
}

function isActive({ status }: entries.EntryRow): boolean {
  return status === "ACCEPTED" || status === "PENDING";
}

/** The answer to a request that came twice. */
function repeated(row: entries.EntryRow, fields: CreateEntry): Entry {
  if (row.title === fields.title || row.sequence > 0) return toEntry(row);
  throw conflict(
    "idempotency_key_reused",
    "This Idempotency-Key belongs to another request.",
    "Choose a new random key for each entry.",
  );
}

/** Keys of different users do not meet, and what is stored does not show the key. */
function storedKey(userId: number, key: string): string {
  return createHash("sha256").update(`entry\n${userId}\n${key}`).digest("base64url");
}

/** Also for entries of others: whoever may not see one does not learn that it exists. */
function unknownEntry(): AppError {
  return new AppError("not-found", "unknown_entry", "There is no such entry.");
}
