import { createHash } from "node:crypto";
import { isAppError } from "@calsync/lib";
import { judgeMail } from "../mailbox/judge-mail.ts";
import type { MailboxMessage } from "../mailbox/Mailbox.ts";
import { type ReadMail, readMail } from "../mailbox/read-mail.ts";
import { type CalendarMessage, readMessage } from "../mailbox/read-message.ts";
import type { SetAsideReason } from "../mailbox/reasons.ts";
import { type InboxUser, inboxRepository, type TakenMail } from "../repositories/InboxRepository.ts";
import type { IcsDependencies, InboxSettings } from "./dependencies.ts";
import type { ImportDetails, Imports } from "./imports.ts";
import { inboxAddressOf, taggedUsers } from "./inbox-address.ts";

/** What taking mails needs. */
export interface TakingMails {
  deps: Pick<IcsDependencies, "prisma" | "now">;
  imports: Imports;
  settings: InboxSettings;
}

/** What became of one mail: how often it was applied, set aside, or passed over as known. */
export interface Taken {
  handled: number;
  setAside: number;
  known: number;
}

/** Why a mail was set aside, without anything to apply. */
interface Refusal {
  reason: SetAsideReason;
  detail: string | null;
}

/**
 * Takes one mail: each calendar in it, for each user whom it is for, goes the way of an uploaded file. It is applied together with
 * the note that it was taken, in one transaction; what is not to be applied without a person is set aside with its reason, and with
 * an import that waits where there is something to apply. Taking a mail again changes nothing.
 */
export async function takeMail(taking: TakingMails, message: MailboxMessage): Promise<Taken> {
  const { prisma } = taking.deps;
  const mail = await readMail(message.content).catch(() => null);
  const whole = mail ?? NO_MAIL;
  const calendars = message.complete ? whole.calendars : [];
  const parsed = await Promise.all(calendars.map(readMessage));
  const users = await findUsers(taking, whole, parsed);
  const refusal = refusalOf(message, mail, parsed, users);
  const jobs = refusal
    ? // It is shown to the one whom it names, for all that it carries; without a user, to operators.
      (users.length > 0 ? users : [null]).map((user) => ({ user, index: 0 }))
    : users.flatMap((user) => calendars.map((_content, index) => ({ user, index })));
  const prints = calendars.length > 0 ? calendars : [message.content];
  const fingerprints = prints.map((content) => fingerprintOf(whole, content));
  const taken = await inboxRepository.findTaken(
    prisma,
    fingerprints,
    users.map(({ id }) => id),
  );
  const result: Taken = { handled: 0, setAside: 0, known: 0 };
  for (const { user, index } of jobs) {
    const fingerprint = fingerprints[index] ?? fingerprintOf(whole, message.content);
    if (taken.has(`${user?.id ?? 0}:${Buffer.from(fingerprint).toString("hex")}`)) {
      result.known += 1;
      continue;
    }
    const row: TakenMail = {
      userId: user?.id ?? null,
      fingerprint,
      messageId: whole.messageId,
      sender: whole.from,
      subject: whole.subject,
      status: "SET_ASIDE",
      reason: null,
      detail: null,
      importId: null,
      receivedAt: message.receivedAt,
      takenAt: taking.deps.now(),
    };
    const content = calendars[index];
    const calendar = parsed[index];
    if (refusal || !user || !content || !calendar) {
      await inboxRepository.add(prisma, { ...row, ...(refusal ?? UNREADABLE) });
      result.setAside += 1;
    } else {
      const outcome = await takeCalendar(taking, { mail: whole, row, user, content, calendar });
      result[outcome] += 1;
    }
  }
  return result;
}

/** Sets a mail aside that could not be taken, without looking into it. */
export async function setAsideUnread(taking: TakingMails, message: MailboxMessage): Promise<void> {
  const { prisma, now } = taking.deps;
  await inboxRepository.add(prisma, {
    userId: null,
    fingerprint: fingerprintOf(NO_MAIL, message.content),
    messageId: null,
    sender: null,
    subject: "",
    status: "SET_ASIDE",
    reason: "failed",
    detail: `Message ${message.uid} of the mailbox, ${message.octets} octets.`,
    importId: null,
    receivedAt: message.receivedAt,
    takenAt: now(),
  });
}

interface CalendarForUser {
  mail: ReadMail;
  row: TakenMail;
  user: InboxUser;
  content: Uint8Array;
  calendar: CalendarMessage;
}

/** One calendar of a mail, for one user. */
async function takeCalendar(
  taking: TakingMails,
  { mail, row, user, content, calendar }: CalendarForUser,
): Promise<"handled" | "setAside"> {
  const { deps, imports, settings } = taking;
  const { prisma } = deps;
  const uids = [...new Set(calendar.events.map(({ uid }) => uid))];
  const known = await inboxRepository.findKnown(prisma, user.id, uids);
  if (calendar.method !== "REPLY" && uids.length > 0 && known.own === uids.length) {
    // Our own invitation, as the host gets it too.
    await inboxRepository.add(prisma, { ...row, status: "HANDLED", reason: "own-booking" });
    return "handled";
  }
  const own = new Set([user.email.toLowerCase(), inboxAddressOf(settings.address, user.uid)]);
  const organizers = new Set(known.organizers);
  const doubt = judgeMail(mail, calendar, { own, organizers }, settings.authority);
  let made: ImportDetails;
  try {
    const fileName = mail.subject || "Mail";
    made = await imports.upload(user.id, { id: importIdOf(row), fileName, content: [content] });
  } catch (error) {
    if (!isAppError(error) || error.kind !== "invalid") throw error;
    await inboxRepository.add(prisma, { ...row, reason: "unreadable", detail: error.message });
    return "setAside";
  }
  const reason = doubt ?? (made.errors > 0 ? "has-errors" : answersNothing(made) ? "answers-nothing" : null);
  if (reason) {
    await inboxRepository.add(prisma, { ...row, reason, importId: made.id });
    return "setAside";
  }
  const choice = { freeEvents: "ignore", leaveOut: false } as const;
  await imports.apply(user.id, made.id, choice, (tx) =>
    inboxRepository.add(tx, { ...row, status: "HANDLED", importId: made.id }),
  );
  return "handled";
}

async function findUsers(
  { deps: { prisma }, settings: { address } }: TakingMails,
  { recipients }: ReadMail,
  calendars: readonly (CalendarMessage | null)[],
): Promise<InboxUser[]> {
  if (recipients.length > 0) {
    const users = await inboxRepository.findUsers(prisma, taggedUsers(address, recipients), recipients);
    if (users.length > 0) return users;
  }
  // Some programs answer to the address that an invitation came from: what it answers tells whose it is.
  const uids = calendars.flatMap((one) => (one?.method === "REPLY" ? one.events.map(({ uid }) => uid) : []));
  return uids.length > 0 ? inboxRepository.findHosts(prisma, uids) : [];
}

function refusalOf(
  message: MailboxMessage,
  mail: ReadMail | null,
  calendars: readonly (CalendarMessage | null)[],
  users: readonly InboxUser[],
): Refusal | null {
  if (!message.complete) return { reason: "too-large", detail: `It has ${message.octets} octets.` };
  if (!mail) return UNREADABLE;
  if (calendars.length === 0) return { reason: mail.packed ? "packed" : "no-calendar", detail: null };
  if (users.length === 0) return { reason: "unknown-recipient", detail: null };
  return calendars.some((one) => one === null) ? UNREADABLE : null;
}

/** Of a REPLY: nobody whom a booking knows has answered it. */
function answersNothing({ method, preview }: ImportDetails): boolean {
  const verdicts = (preview?.answers ?? []).map(({ verdict }) => verdict);
  return method === "REPLY" && verdicts.every((one) => NOTHING.has(one));
}

const NOTHING: ReadonlySet<string> = new Set(["unknown-booking", "not-invited", "no-answer"]);
const UNREADABLE: Refusal = { reason: "unreadable", detail: null };
const NO_MAIL: ReadMail = {
  messageId: null,
  from: null,
  subject: "",
  recipients: [],
  authentication: [],
  calendars: [],
  packed: false,
};

function fingerprintOf({ messageId, from }: ReadMail, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = createHash("sha256")
    .update(`${messageId ?? ""}\n${from ?? ""}\n`)
    .update(content)
    .digest();
  return new Uint8Array(hash);
}

/** The same mail makes the same import, so that one whose taking broke off leaves nothing behind. */
function importIdOf({ fingerprint, userId }: TakenMail): string {
  const hex = createHash("sha256").update(`${userId}`).update(fingerprint).digest("hex");
  // Version 8 is for ids of one's own making (RFC 9562 §5.8).
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
