import { randomUUID } from "node:crypto";
import type { JobLog } from "@calsync/jobs";
import type { PrismaClient } from "@calsync/prisma";
import { unknownMail } from "../errors.ts";
import { type Mailbox, MailboxError, type OpenMailbox } from "../mailbox/Mailbox.ts";
import {
  type InboxPosition,
  type InboxRow,
  inboxRepository,
  type SetAsideRow,
} from "../repositories/InboxRepository.ts";
import type { IcsDependencies, InboxSettings } from "./dependencies.ts";
import type { Imports } from "./imports.ts";
import { inboxAddressOf } from "./inbox-address.ts";
import { setAsideUnread, type TakingMails, takeMail } from "./take-mail.ts";

/** What a user sees of the inbox. */
export interface InboxView extends InboxRow {
  /** Their own address of it. */
  address: string;
  /** Mails that wait and have no import beside them. */
  setAside: SetAsideRow[];
}

/** What a reading has come to. */
export interface InboxReport {
  messages: number;
  handled: number;
  setAside: number;
  /** There is more to read. */
  more: boolean;
}

const LEASE_MS = 5 * 60_000;
/** Messages of one reading; the next one follows at once. */
const MESSAGES_PER_READING = 200;
/** How far back a mailbox is read that is new to us, or that was numbered anew. */
const FIRST_DAYS = 30;
/** A message whose taking has failed as often as this is set aside, so that it does not stop the others. */
const MAX_TRIES = 3;
const SHOWN = 50;
const DAY_MS = 86_400_000;

/**
 * The installation's mailbox for invitations and answers. It is read in order and never changed but for marks of what was handled:
 * where reading goes on is kept here, so that people may read the mailbox too.
 */
export class Inbox {
  readonly #taking: TakingMails;
  readonly #mailbox: Mailbox;

  constructor(
    deps: Pick<IcsDependencies, "prisma" | "now">,
    imports: Imports,
    { mailbox, settings }: { mailbox: Mailbox; settings: InboxSettings },
  ) {
    this.#taking = { deps, imports, settings };
    this.#mailbox = mailbox;
  }

  get #prisma(): PrismaClient {
    return this.#taking.deps.prisma;
  }

  /** What a user sees. @param user their id and uid */
  async view(user: { id: number; uid: string }): Promise<InboxView> {
    const [state, setAside] = await Promise.all([
      inboxRepository.find(this.#prisma, this.#mailbox.name),
      inboxRepository.findSetAside(this.#prisma, user.id, SHOWN),
    ]);
    const address = inboxAddressOf(this.#taking.settings.address, user.uid);
    return { ...(state ?? NEVER_READ), address, setAside };
  }

  /** The user has seen that a mail was set aside. @throws AppError not-found `unknown_mail` */
  async dismiss(userId: number, id: string): Promise<void> {
    if (!(await inboxRepository.dismiss(this.#prisma, userId, id))) throw unknownMail();
  }

  /**
   * Reads what is new. One process at a time; a mailbox that cannot be read is tried again after a pause.
   * @returns null when another process reads it, it is not due, or it could not be read (which is noted)
   * @throws what taking a message has thrown: the message is tried again, and set aside after the third time
   */
  async read(context: { log: JobLog; signal: AbortSignal }): Promise<InboxReport | null> {
    const { name } = this.#mailbox;
    const owner = randomUUID();
    const position = await inboxRepository.take(this.#prisma, name, owner, this.#now(), this.#leaseUntil());
    if (!position) return null;
    let opened: OpenMailbox | undefined;
    try {
      opened = await this.#mailbox.open(context.signal);
      const report = await this.#readFrom(opened, owner, position, context);
      if (report.more) await inboxRepository.release(this.#prisma, name, owner);
      else await inboxRepository.finish(this.#prisma, name, owner, this.#now());
      return report;
    } catch (error) {
      if (context.signal.aborted) {
        await inboxRepository.release(this.#prisma, name, owner);
        return null;
      }
      const told = error instanceof MailboxError;
      const words = told ? error.message : "Taking a message has failed; it is tried again.";
      await inboxRepository.fail(this.#prisma, name, owner, { words, ofMailbox: told }, this.#now());
      if (!told) throw error;
      context.log.warn({ err: error, mailbox: name }, "the inbox cannot be read; trying again later");
      return null;
    } finally {
      await opened?.close();
    }
  }

  async #readFrom(
    opened: OpenMailbox,
    owner: string,
    { validity, lastUid }: InboxPosition,
    { log, signal }: { log: JobLog; signal: AbortSignal },
  ): Promise<InboxReport> {
    const { name } = this.#mailbox;
    const known = validity === opened.validity;
    const uids = known
      ? await opened.uidsAfter(lastUid)
      : await opened.uidsSince(new Date(this.#now().getTime() - FIRST_DAYS * DAY_MS));
    if (!known) {
      const before = (uids[0] ?? opened.nextUid) - 1;
      await inboxRepository.advance(this.#prisma, name, owner, opened.validity, before);
    }
    const report: InboxReport = {
      messages: 0,
      handled: 0,
      setAside: 0,
      more: uids.length > MESSAGES_PER_READING,
    };
    const seen: number[] = [];
    for (const uid of uids.slice(0, MESSAGES_PER_READING)) {
      signal.throwIfAborted();
      const tries = await inboxRepository.begin(this.#prisma, name, owner, uid, this.#leaseUntil());
      if (tries === null) throw new MailboxError("Reading took too long; another process goes on with it.");
      const suspect = tries > MAX_TRIES;
      const message = await opened.read(uid, suspect ? 0 : this.#taking.settings.maxMessageOctets);
      if (message && suspect) {
        await setAsideUnread(this.#taking, message);
        report.setAside += 1;
      } else if (message) {
        const taken = await takeMail(this.#taking, message);
        report.handled += taken.handled;
        report.setAside += taken.setAside;
        if (taken.setAside === 0) seen.push(uid);
      }
      await inboxRepository.advance(this.#prisma, name, owner, opened.validity, uid);
      report.messages += 1;
    }
    // What was set aside stays unread, for whoever looks after the mailbox. The marks decide nothing.
    await opened
      .markSeen(seen)
      .catch((error) => log.debug({ err: error }, "handled mails were not marked as read"));
    if (report.messages > 0) log.info({ ...report }, "inbox read");
    return report;
  }

  #now(): Date {
    return this.#taking.deps.now();
  }

  #leaseUntil(): Date {
    return new Date(this.#now().getTime() + LEASE_MS);
  }
}

const NEVER_READ: InboxRow = { lastReadAt: null, lastError: null, nextReadAt: null };
