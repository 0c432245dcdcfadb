import { handleJob, type JobRegistration, type ScheduledJob } from "@calsync/jobs";
import { extendImportsJob } from "../jobs/extend-imports.job.ts";
import { readInboxJob } from "../jobs/read-inbox.job.ts";
import { type InboxRow, inboxRepository, type SetAsideRow } from "../repositories/InboxRepository.ts";
import type { IcsDependencies } from "./dependencies.ts";
import { exportSchedule, type ScheduleExport } from "./export-schedule.ts";
import { Feeds } from "./feeds.ts";
import { Imports } from "./imports.ts";
import { Inbox } from "./inbox.ts";

/** Calendar files: what users bring, and what they take away or let others subscribe to. */
export interface IcsService {
  imports: Imports;
  feeds: Feeds;
  /** Invitations and answers by mail; null when no mailbox is configured. */
  inbox: Inbox | null;
  /** A user's schedule as the text of a file, in pieces. */
  exportSchedule(userId: number, wanted: ScheduleExport): Promise<Iterable<string>>;
  /** What operators see of inboxes, also where none is configured any more: how each stands, and mails that name no account. */
  inboxReport(limit: number): Promise<InboxOperatorReport>;
  /** An operator has seen a mail that names no account, or all of them (null). @returns how many */
  dismissUnnamed(id: string | null): Promise<number>;
  /** Forgets notes of mails that came before, also where no mailbox is configured any more. @returns how many */
  forgetMails(before: Date): Promise<number>;
  /** What a worker runs, and enqueues by itself. */
  jobs: JobRegistration[];
  schedule: ScheduledJob[];
}

/** How the inboxes of an installation stand. */
export interface InboxOperatorReport {
  mailboxes: (InboxRow & { name: string })[];
  /** Mails that wait and name nobody who has an account, the newest of them, and how many there are. */
  unnamed: { total: number; mails: SetAsideRow[] };
}

const EXTEND_EVERY_MS = 6 * 3_600_000;

/** Puts the service together. */
export function createIcsService(deps: IcsDependencies): IcsService {
  const imports = new Imports(deps);
  const inbox = deps.inbox ? new Inbox(deps, imports, deps.inbox) : null;
  const inboxJobs = inbox
    ? [
        handleJob(readInboxJob, async (_payload, context) => {
          const report = await inbox.read(context);
          if (report?.more) return { again: context.now() };
        }),
      ]
    : [];
  const inboxSchedule = deps.inbox
    ? [{ name: "read-inbox", job: readInboxJob, payload: {}, everyMs: deps.inbox.pollMs }]
    : [];
  return {
    imports,
    feeds: new Feeds(deps),
    inbox,
    inboxReport: async (limit) => {
      const [mailboxes, unnamed] = await Promise.all([
        inboxRepository.findMailboxes(deps.prisma),
        inboxRepository.findUnnamed(deps.prisma, limit),
      ]);
      return { mailboxes, unnamed };
    },
    dismissUnnamed: (id) => inboxRepository.dismissUnnamed(deps.prisma, id),
    forgetMails: (before) => inboxRepository.removeBefore(deps.prisma, before),
    exportSchedule: (userId, wanted) => exportSchedule(deps, userId, wanted),
    jobs: [
      handleJob(extendImportsJob, async (_payload, context) => {
        context.log.debug({ series: await imports.extend() }, "imported series worked out further");
      }),
      ...inboxJobs,
    ],
    schedule: [
      { name: "extend-imports", job: extendImportsJob, payload: {}, everyMs: EXTEND_EVERY_MS },
      ...inboxSchedule,
    ],
  };
}
