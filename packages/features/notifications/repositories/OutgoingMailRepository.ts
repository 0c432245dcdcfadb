import type { PrismaTransaction } from "@calsync/prisma";
import type { BookingMail, BookingState, MailActor, MailKind } from "../messages/booking-state.ts";

/** What the outbox keeps with a mail. */
interface MailPayload {
  actor: MailActor;
  /** What runs that have not come to an end were about to tell; the recipient may have heard any of it. */
  attempted?: BookingState[];
  /** Set when it was sent. */
  told?: BookingState;
  /** The mail that told this one's news too; or "told" when the recipient knew it already. */
  coveredBy?: string;
  noteToHost?: string;
  idempotencyKey?: string;
}

/** Mails `own` and `m` are to the same person about the same booking, or about the same series. */
const SAME_SUBJECT = `m."recipient" = own."recipient"
  AND (m."seriesId" = own."seriesId"
       OR (m."seriesId" IS NULL AND own."seriesId" IS NULL AND m."bookingId" = own."bookingId"))`;

/** A mail that waits to be sent. */
export interface QueuedMail {
  id: string;
  bookingId: number;
  kind: MailKind;
  recipient: string;
  role: "host" | "guest";
  actor: MailActor;
  /** The series that it is about as a whole; null for a mail about one booking. */
  seriesId: string | null;
  noteToHost: string | null;
  /** What earlier runs were about to tell when they were cut short. */
  attempted: BookingState[];
}

/**
 * Inserts a mail per recipient: the host (not for the host's own entries) and the guests. One statement; what is there
 * already is left alone.
 *
 * @returns the mails that are new
 */
export async function insertMails(
  tx: PrismaTransaction,
  mails: readonly BookingMail[],
): Promise<{ id: string; kind: MailKind }[]> {
  const rows = mails.map(
    ({ bookingId, kind, sequence, actor, guests, tellsHost, noteToHost, idempotencyKey, seriesId }) => ({
      bookingId,
      kind,
      sequence,
      seriesId: seriesId ?? null,
      tellsHost: tellsHost ?? true,
      guests: guests?.map((email) => email.toLowerCase()) ?? null,
      payload: {
        actor,
        ...(noteToHost === undefined ? {} : { noteToHost }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      } satisfies MailPayload,
    }),
  );
  return tx.$queryRawUnsafe<{ id: string; kind: MailKind }[]>(
    `INSERT INTO "OutgoingMail" ("id", "bookingId", "kind", "sequence", "recipient", "role", "seriesId", "payload")
     SELECT gen_random_uuid(), b."id", m."kind", m."sequence", r."email", r."role", m."seriesId", m."payload"
     FROM jsonb_to_recordset($1::jsonb)
       AS m("bookingId" int, "kind" text, "sequence" int, "seriesId" uuid, "guests" jsonb, "tellsHost" boolean, "payload" jsonb)
     JOIN "Booking" b ON b."id" = m."bookingId"
     CROSS JOIN LATERAL (
       SELECT u."email", 'host' AS "role" FROM "User" u WHERE m."tellsHost" AND u."id" = b."hostId" AND b."kind" = 'BOOKING'
       UNION ALL
       SELECT a."email", 'guest' FROM "Attendee" a
       WHERE a."bookingId" = b."id"
         AND CASE WHEN jsonb_typeof(m."guests") = 'array'
                  THEN lower(a."email") IN (SELECT jsonb_array_elements_text(m."guests"))
                  ELSE a."expected" END
     ) r
     ON CONFLICT ("bookingId", "kind", "sequence", "recipient") DO NOTHING
     RETURNING "id"::text, "kind"`,
    JSON.stringify(rows),
  );
}

/**
 * Locks every mail that waits for the same person about the same booking as the given one, until the transaction ends, and
 * gives them with the newest first. Empty when the given one does not wait any more.
 */
export async function lockWaiting(tx: PrismaTransaction, mailId: string): Promise<QueuedMail[]> {
  const rows = await tx.$queryRawUnsafe<
    (Omit<QueuedMail, "actor" | "noteToHost" | "attempted"> & {
      sequence: number;
      createdAt: Date;
      payload: MailPayload;
    })[]
  >(
    `SELECT m."id"::text, m."seriesId"::text, m."bookingId", m."kind", m."recipient", m."role", m."sequence", m."createdAt", m."payload"
     FROM "OutgoingMail" own
     JOIN "OutgoingMail" m ON ${SAME_SUBJECT}
     WHERE own."id" = $1::uuid AND m."status" = 'QUEUED'
     ORDER BY m."id"
     FOR UPDATE OF m`,
    mailId,
  );
  if (!rows.some(({ id }) => id === mailId)) return [];
  return rows
    .sort((a, b) => b.sequence - a.sequence || b.createdAt.getTime() - a.createdAt.getTime())
    .map(({ payload, sequence: _sequence, createdAt: _createdAt, ...mail }) => ({
      ...mail,
      actor: payload.actor,
      noteToHost: payload.noteToHost ?? null,
      attempted: payload.attempted ?? [],
    }));
}

/** Notes what a mail is about to tell, before it is handed over. */
export async function noteAttempt(tx: PrismaTransaction, mailId: string, state: BookingState): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE "OutgoingMail"
     SET "payload" = jsonb_set("payload", '{attempted}', coalesce("payload"->'attempted', '[]') || $2::jsonb)
     WHERE "id" = $1::uuid`,
    mailId,
    JSON.stringify([state]),
  );
}

/** What the last mail that was sent to this person about this booking (or series) has told; null when there was none. */
export async function lastTold(
  tx: PrismaTransaction,
  { bookingId, seriesId, recipient }: Pick<QueuedMail, "bookingId" | "seriesId" | "recipient">,
): Promise<BookingState | null> {
  const [row] = await tx.$queryRawUnsafe<{ told: BookingState }[]>(
    `SELECT "payload"->'told' AS "told" FROM "OutgoingMail"
     WHERE CASE WHEN $3::uuid IS NULL THEN "bookingId" = $1 AND "seriesId" IS NULL ELSE "seriesId" = $3::uuid END
       AND "recipient" = $2 AND "status" = 'SENT' AND "payload" ? 'told'
     ORDER BY "sentAt" DESC, "sequence" DESC LIMIT 1`,
    bookingId,
    recipient,
    seriesId,
  );
  return row?.told ?? null;
}

/** Marks a mail as sent, with what it told, and the older ones that it made superfluous. */
export async function markSent(
  tx: PrismaTransaction,
  mail: QueuedMail,
  covered: readonly QueuedMail[],
  told: BookingState,
  sentAt: Date,
): Promise<void> {
  await update(tx, [mail], "SENT", { told }, sentAt);
  await markCovered(tx, covered, mail.id);
}

/** Marks mails whose news the recipient has by another one. They count as sent, without a time of their own. */
export async function markCovered(
  tx: PrismaTransaction,
  mails: readonly QueuedMail[],
  coveredBy: string,
): Promise<void> {
  if (mails.length > 0) await update(tx, mails, "SENT", { coveredBy }, null);
}

async function update(
  tx: PrismaTransaction,
  mails: readonly QueuedMail[],
  status: "SENT" | "FAILED",
  payload: Partial<MailPayload>,
  sentAt: Date | null,
): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE "OutgoingMail" SET "status" = $2::"MailStatus", "payload" = "payload" || $3::jsonb, "sentAt" = $4, "error" = NULL
     WHERE "id" = ANY($1::uuid[])`,
    mails.map(({ id }) => id),
    status,
    JSON.stringify(payload),
    sentAt,
  );
}

/** Notes why a mail could not be sent; `final` when no further try will be made. Older ones that it covers share its fate. */
export async function noteFailure(
  tx: PrismaTransaction,
  mailId: string,
  failure: { error: string; final: boolean },
): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE "OutgoingMail" m
     SET "error" = $2, "status" = CASE WHEN $3 THEN 'FAILED'::"MailStatus" ELSE m."status" END
     FROM "OutgoingMail" own
     WHERE own."id" = $1::uuid AND ${SAME_SUBJECT}
       AND m."status" = 'QUEUED' AND m."sequence" <= own."sequence"`,
    mailId,
    failure.error,
    failure.final,
  );
}

/** Whether the mail that tells a guest of a seat was caused by a request with this key. */
export async function wasCausedBy(
  tx: PrismaTransaction,
  mail: { bookingId: number; recipient: string; idempotencyKey: string },
): Promise<boolean> {
  const rows = await tx.$queryRawUnsafe<unknown[]>(
    `SELECT 1 FROM "OutgoingMail"
     WHERE "bookingId" = $1 AND "recipient" = $2 AND "payload"->>'idempotencyKey' = $3 LIMIT 1`,
    mail.bookingId,
    mail.recipient,
    mail.idempotencyKey,
  );
  return rows.length > 0;
}
