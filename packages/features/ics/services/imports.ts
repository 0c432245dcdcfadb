import { type ByteSource, type IcsProblem, zoneByName } from "@calsync/icalendar";
import { AppError } from "@calsync/lib";
import type { PrismaTransaction } from "@calsync/prisma";
import type { Interval } from "@calsync/types";
import { unknownImport, unusableFile, wrongState } from "../errors.ts";
import { type ImportedItemRow, importedEventRepository } from "../repositories/ImportedEventRepository.ts";
import { type ImportCounts, type ImportRow, importRepository } from "../repositories/ImportRepository.ts";
import { inboxRepository } from "../repositories/InboxRepository.ts";
import { type ConflictRow, previewRepository, type UpcomingRow } from "../repositories/PreviewRepository.ts";
import { type AnswerView, applyAnswers, viewAnswers } from "./answers.ts";
import { DEFAULT_ICS_SETTINGS, type IcsDependencies, type IcsSettings } from "./dependencies.ts";
import { extendBefore, workOutTimes } from "./event-times.ts";
import { inboxAddressOf } from "./inbox-address.ts";
import { readUpload } from "./read-upload.ts";
import { WorkSlices } from "./work-slices.ts";

/** An import with what it would do, while it waits to be applied. */
export interface ImportDetails extends ImportRow {
  /** Null once it was applied. */
  preview: ImportPreview | null;
}

/** What applying a file would do. */
export interface ImportPreview {
  counts: ImportCounts;
  /** Bookings to come that its busy times overlap; they stay, and are shown as overlapping nowhere else. */
  conflicts: ConflictRow[];
  /** There are more than are shown. */
  moreConflicts: boolean;
  upcoming: UpcomingRow[];
  /** Times that leave their owner free: whether they become availability is the owner's choice. */
  freeTimes: number;
  /** Of a REPLY: what each answer would change. */
  answers: AnswerView[];
}

/** What a user uploads. */
export interface Upload {
  /** A UUID for it; one of its own when left out. What was left under it by an upload that broke off is replaced. */
  id?: string;
  fileName: string;
  /** Zone of floating times and of whole days; the user's when left out. */
  timeZone?: string | undefined;
  content: ByteSource;
}

/** How a user wants a file applied. */
export interface ApplyChoice {
  freeEvents: "ignore" | "availability";
  /** The file has events that could not be read, and is to be imported without them. */
  leaveOut: boolean;
}

const SHOWN_CONFLICTS = 50;
const SHOWN_UPCOMING = 20;
const SHOWN_UNFOLLOWED = 20;
const LISTED = 100;
const UIDS_PER_PAGE = 2_000;
const EXTENDED_PER_RUN = 2_000;
/** Applying 100,000 events takes some seconds. */
const APPLY_TIMEOUT_MS = 120_000;

/** Files that users bring: read and checked first, applied as a whole, taken back as a whole. */
export class Imports {
  readonly #deps: IcsDependencies;
  readonly #settings: IcsSettings;

  constructor(deps: IcsDependencies) {
    this.#deps = deps;
    this.#settings = { ...DEFAULT_ICS_SETTINGS, ...deps.settings };
  }

  /**
   * Reads a file and shows what it would do. Nothing of it counts before it is applied.
   * @throws AppError invalid `unknown_time_zone`, `ics_unusable`, `ics_too_complex`
   */
  async upload(userId: number, { id, fileName, timeZone, content }: Upload): Promise<ImportDetails> {
    const { prisma, now } = this.#deps;
    const owner = await importRepository.findOwner(prisma, userId);
    const zone = timeZone === undefined ? owner.timeZone : zoneByName(timeZone);
    if (zone === null) {
      throw new AppError("invalid", "unknown_time_zone", "This time zone is not known.", {
        hint: "Use an IANA name such as Europe/Berlin.",
      });
    }
    const own = this.#addressesOf(owner);
    const slices = new WorkSlices(this.#settings.workBudgetMs);
    if (id !== undefined) await importRepository.removeUnapplied(prisma, userId, id);
    const importId = await importRepository.create(prisma, {
      ...(id === undefined ? {} : { id }),
      userId,
      fileName,
      timeZone: zone,
      createdAt: now(),
    });
    try {
      const target = { userId, importId, timeZone: zone, own };
      const result = await readUpload(prisma, target, content, this.#settings, slices);
      if (result.method !== "REPLY") {
        await importedEventRepository.judge(prisma, userId, importId);
        const unfollowed = await this.#workOut(userId, own, importId, slices);
        result.warnings += unfollowed.length;
        result.problems = [...result.problems, ...unfollowed.slice(0, SHOWN_UNFOLLOWED)];
      }
      await importRepository.finishReading(prisma, userId, importId, result);
    } catch (error) {
      await importRepository.remove(prisma, userId, importId);
      throw error;
    }
    return this.get(userId, importId);
  }

  /** Those that were applied or taken back, and those that wait, newest first. */
  list(userId: number): Promise<ImportRow[]> {
    return importRepository.findAll(this.#deps.prisma, userId, LISTED);
  }

  /** @throws AppError not-found `unknown_import` */
  async get(userId: number, id: string): Promise<ImportDetails> {
    const { prisma, now } = this.#deps;
    const row = await importRepository.find(prisma, userId, id);
    if (!row) throw unknownImport();
    return { ...row, preview: row.status === "READY" ? await this.#preview(row, userId, now()) : null };
  }

  /**
   * Makes a file count, all of it in one transaction. Events that are known in the same or a later version change nothing.
   * Applying it again changes nothing.
   * @param also what is to be committed together with it
   * @throws AppError not-found `unknown_import`; conflict `import_state`, `import_has_errors`
   */
  async apply(
    userId: number,
    id: string,
    choice: ApplyChoice,
    also?: (tx: PrismaTransaction) => Promise<void>,
  ): Promise<ImportDetails> {
    const { now } = this.#deps;
    const slices = new WorkSlices(this.#settings.workBudgetMs);
    await this.#inTransaction(userId, async (tx) => {
      const row = await importRepository.find(tx, userId, id);
      if (!row) throw unknownImport();
      if (row.status === "APPLIED") return;
      if (row.status === "TAKEN_BACK")
        throw wrongState("This import was taken back.", "Upload the file again to import it once more.");
      if (row.errors > 0 && !choice.leaveOut) {
        throw new AppError(
          "conflict",
          "import_has_errors",
          `${row.errors} of the file's events cannot be read, so that it was not imported.`,
          { hint: "Send leaveOut: true to import it without them." },
        );
      }
      const at = now();
      let result: ImportCounts;
      let unsettled: string[] = [];
      if (row.method === "REPLY") {
        const changed = await applyAnswers(this.#deps, tx, userId, id, at);
        result = { ...NO_COUNTS, changed, unchanged: row.events - Math.min(changed, row.events) };
      } else {
        const judged = await importedEventRepository.judge(tx, userId, id);
        result = judged.counts;
        unsettled = judged.changed;
        await importedEventRepository.retireReplaced(tx, userId, id);
        await importedEventRepository.bringIn(tx, userId, id);
      }
      await importRepository.markApplied(tx, userId, id, {
        freeEvents: choice.freeEvents === "availability" ? "AVAILABILITY" : "IGNORE",
        result,
        appliedAt: at,
      });
      // Most events are in one import only, and their times were worked out when the file was read.
      const shared = await importedEventRepository.findSharedUids(tx, userId, id);
      const uids = [...new Set([...shared, ...unsettled])];
      await workOutTimes(tx, await this.#user(tx, userId), uids, at, slices);
      await also?.(tx);
    });
    return this.get(userId, id);
  }

  /**
   * Takes an import back: what it added goes, and what it had changed is as the imports before it say.
   * @throws AppError not-found `unknown_import`; conflict `import_state`
   */
  async takeBack(userId: number, id: string): Promise<ImportDetails> {
    const { now } = this.#deps;
    const slices = new WorkSlices(this.#settings.workBudgetMs);
    await this.#inTransaction(userId, async (tx) => {
      const row = await importRepository.find(tx, userId, id);
      if (!row) throw unknownImport();
      if (row.status === "TAKEN_BACK") return;
      if (row.status !== "APPLIED") throw wrongState("This import was not applied.", "Discard it instead.");
      if (row.method === "REPLY") {
        throw wrongState(
          "Answers cannot be taken back as a whole.",
          "Undo each of them in the list of changes.",
        );
      }
      const at = now();
      const shared = await importedEventRepository.findSharedUids(tx, userId, id);
      await importedEventRepository.removeOf(tx, userId, id);
      await importRepository.markTakenBack(tx, userId, id, at);
      await importedEventRepository.promoteEarlier(tx, userId, shared);
      await workOutTimes(tx, await this.#user(tx, userId), shared, at, slices);
    });
    return this.get(userId, id);
  }

  /** Forgets a file that was not applied. @throws AppError not-found `unknown_import`; conflict `import_state` */
  async discard(userId: number, id: string): Promise<void> {
    await this.#inTransaction(userId, async (tx) => {
      const row = await importRepository.find(tx, userId, id);
      if (!row) throw unknownImport();
      if (row.status !== "READY") throw wrongState("This import was applied.", "Take it back instead.");
      await inboxRepository.dismissOfImport(tx, userId, id);
      await importRepository.remove(tx, userId, id);
    });
  }

  /** When imported events make a user busy in a range, and when they leave hours to be booked in. One statement. */
  async times(userId: number, range: Interval): Promise<{ busy: Interval[]; open: Interval[] }> {
    const rows = await importedEventRepository.findTimes(this.#deps.prisma, userId, range);
    const of = (wanted: boolean) =>
      rows.filter(({ free }) => free === wanted).map(({ start, end }) => ({ start, end }));
    return { busy: of(false), open: of(true) };
  }

  /** Imported events of a range, one item per time, for a calendar view. */
  items(userId: number, range: Interval): Promise<ImportedItemRow[]> {
    return importedEventRepository.findInRange(this.#deps.prisma, userId, range);
  }

  /** Works series out that would come to the end of their times. @returns how many UIDs were worked out */
  async extend(): Promise<number> {
    const { prisma, now } = this.#deps;
    const due = await importedEventRepository.findToExtend(prisma, extendBefore(now()), EXTENDED_PER_RUN);
    const users = Map.groupBy(due, ({ userId }) => userId);
    for (const [userId, rows] of users) {
      const slices = new WorkSlices(this.#settings.workBudgetMs);
      await this.#inTransaction(userId, async (tx) => {
        const uids = rows.map(({ uid }) => uid);
        await workOutTimes(tx, await this.#user(tx, userId), uids, now(), slices);
      });
    }
    return due.length;
  }

  /** Forgets files that were uploaded before and never applied; those that came by mail wait as long as their mail. @returns how many */
  forgetUnused(before: Date): Promise<number> {
    return importRepository.removeUnused(this.#deps.prisma, before);
  }

  async #workOut(
    userId: number,
    own: ReadonlySet<string>,
    importId: string,
    slices: WorkSlices,
  ): Promise<IcsProblem[]> {
    const { prisma, now } = this.#deps;
    const at = now();
    const { maxTimes } = this.#settings;
    let times = 0;
    const unfollowed: IcsProblem[] = [];
    for (let after: string | null = null; ; ) {
      const uids: string[] = await importedEventRepository.findUids(
        prisma,
        userId,
        importId,
        after,
        UIDS_PER_PAGE,
      );
      const user = { id: userId, own };
      const done = await workOutTimes(prisma, user, uids, at, slices, importId, maxTimes - times);
      times += done.times;
      for (const line of done.unfollowed) unfollowed.push(toProblem(line));
      for (const line of done.unsplit) unfollowed.push(toSplitProblem(line));
      if (times > maxTimes) {
        throw unusableFile(
          `The file's events take place more than ${maxTimes} times within two years.`,
          "Export a shorter range, or leave out events that repeat very often.",
        );
      }
      after = uids.at(-1) ?? null;
      if (uids.length < UIDS_PER_PAGE) return unfollowed;
    }
  }

  async #preview(row: ImportRow, userId: number, now: Date): Promise<ImportPreview> {
    const { prisma } = this.#deps;
    if (row.method === "REPLY") {
      const answers = await viewAnswers(prisma, userId, row.id, now);
      return { counts: NO_COUNTS, conflicts: [], moreConflicts: false, upcoming: [], freeTimes: 0, answers };
    }
    const [counts, conflicts, upcoming, freeTimes] = await Promise.all([
      importedEventRepository.countVerdicts(prisma, userId, row.id),
      previewRepository.findConflicts(prisma, userId, row.id, now, SHOWN_CONFLICTS + 1),
      previewRepository.findUpcoming(prisma, userId, row.id, now, SHOWN_UPCOMING),
      previewRepository.countFree(prisma, userId, row.id),
    ]);
    return {
      counts,
      conflicts: conflicts.slice(0, SHOWN_CONFLICTS),
      moreConflicts: conflicts.length > SHOWN_CONFLICTS,
      upcoming,
      freeTimes,
      answers: [],
    };
  }

  async #user(tx: PrismaTransaction, userId: number): Promise<{ id: number; own: ReadonlySet<string> }> {
    return { id: userId, own: this.#addressesOf(await importRepository.findOwner(tx, userId)) };
  }

  /** Under which others invite a user: their own address, and that of the inbox. In lower case. */
  #addressesOf({ email, uid }: { email: string; uid: string }): ReadonlySet<string> {
    const { inbox } = this.#deps;
    const own = email.toLowerCase();
    return new Set(inbox ? [own, inboxAddressOf(inbox.settings.address, uid)] : [own]);
  }

  /** One change of a user's imports at a time. */
  #inTransaction(userId: number, work: (tx: PrismaTransaction) => Promise<void>): Promise<void> {
    return this.#deps.prisma.$transaction(
      async (tx) => {
        await importRepository.lockUser(tx, userId);
        await work(tx);
      },
      { timeout: APPLY_TIMEOUT_MS, maxWait: 10_000 },
    );
  }
}

/** A rule that was read, but gives more occurrences than we follow. */
function toProblem(line: number): IcsProblem {
  const message = "The event repeats more often than can be followed; only its first occurrence counts.";
  return { line, property: "RRULE", message, severity: "warning" };
}

/** RANGE=THISANDFUTURE that would have to be told apart from too many others (RFC 5545 §3.2.13). */
function toSplitProblem(line: number): IcsProblem {
  const message = "The change of all later occurrences cannot be followed; it was passed over.";
  return { line, property: "RECURRENCE-ID", message, severity: "warning" };
}

const NO_COUNTS: ImportCounts = { added: 0, changed: 0, cancelled: 0, unchanged: 0, outdated: 0, own: 0 };
