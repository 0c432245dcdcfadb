import type { PrismaTransaction } from "@calsync/prisma";
import { type AnswerRow, answerRepository } from "../repositories/AnswerRepository.ts";
import type { Sql } from "../repositories/ImportRepository.ts";
import type { AnswerOutcome, IcsDependencies, ReceivedAnswer } from "./dependencies.ts";

/** Why an answer changes nothing, or that it does. */
export type AnswerVerdict = AnswerOutcome | "unknown-booking" | "outdated" | "no-answer";

/** An answer as the one who uploads it sees it. */
export interface AnswerView {
  email: string | null;
  name: string | null;
  response: "accepted" | "tentative" | "declined" | null;
  verdict: AnswerVerdict;
  booking: { uid: string; title: string; start: Date; end: Date } | null;
}

/** What the answers of an import would change, or have changed. */
export async function viewAnswers(
  sql: Sql,
  userId: number,
  importId: string,
  now: Date,
): Promise<AnswerView[]> {
  return (await answerRepository.find(sql, userId, importId, now)).map((row) => ({
    email: row.email,
    name: row.name,
    response: row.response === "needs-action" ? null : row.response,
    verdict: judge(row, now),
    booking:
      row.bookingUid && row.bookingStart && row.bookingEnd
        ? { uid: row.bookingUid, title: row.bookingTitle ?? "", start: row.bookingStart, end: row.bookingEnd }
        : null,
  }));
}

/** Applies the answers of an import, in its transaction. @returns how many bookings have changed */
export async function applyAnswers(
  deps: Pick<IcsDependencies, "applyAnswers">,
  tx: PrismaTransaction,
  userId: number,
  importId: string,
  now: Date,
): Promise<number> {
  const rows = await answerRepository.find(tx, userId, importId, now);
  const perBooking = new Map<number, ReceivedAnswer>();
  let changed = 0;
  for (const row of rows) {
    if (row.bookingId === null || row.response === "needs-action" || judge(row, now) !== "changes") continue;
    const answer: ReceivedAnswer = {
      bookingId: row.bookingId,
      email: row.email,
      response: row.response,
      answeredAt: row.stampedAt ?? now.toISOString(),
      messageId: `${importId}:${row.id}`,
    };
    // Two people of one booking in one file: one after the other.
    if (perBooking.has(row.bookingId)) changed += await flush();
    perBooking.set(row.bookingId, answer);
  }
  return changed + (await flush());

  async function flush(): Promise<number> {
    const outcomes = await deps.applyAnswers(tx, userId, [...perBooking.values()]);
    perBooking.clear();
    return outcomes.filter((outcome) => outcome === "changes").length;
  }
}

function judge(row: AnswerRow, now: Date): AnswerVerdict {
  if (row.response === null || row.response === "needs-action") return "no-answer";
  if (row.bookingId === null || row.bookingEnd === null) return "unknown-booking";
  if (row.bookingEnd <= now) return "ended";
  if (!row.bookingActive) return "cancelled";
  if (row.known === null) return "not-invited";
  // RFC 5546 §2.1.5: what is said of an earlier state of the appointment, or was said before, counts no more.
  if (row.overtaken || row.sequence < (row.bookingSequence ?? 0)) return "outdated";
  return row.known === row.response ? "same" : "changes";
}
