export * from "./invitation.ts";
export { createImapMailbox, type ImapMailboxOptions } from "./mailbox/ImapMailbox.ts";
export { type Mailbox, MailboxError, type MailboxMessage, type OpenMailbox } from "./mailbox/Mailbox.ts";
export { SET_ASIDE_REASONS, type SetAsideReason } from "./mailbox/reasons.ts";
export type { FeedRow } from "./repositories/FeedRepository.ts";
export type { ImportedItemRow } from "./repositories/ImportedEventRepository.ts";
export type { ImportCounts, ImportRow } from "./repositories/ImportRepository.ts";
export type { ConflictRow, UpcomingRow } from "./repositories/PreviewRepository.ts";
export type { AnswerView } from "./services/answers.ts";
export {
  createIcsService,
  type IcsService,
  type InboxOperatorReport,
} from "./services/create-ics-service.ts";
export type {
  AnswerOutcome,
  IcsDependencies,
  IcsSettings,
  InboxSettings,
  ReceivedAnswer,
} from "./services/dependencies.ts";
export { SCHEDULE_PARTS, type ScheduleExport, type SchedulePart } from "./services/export-schedule.ts";
export type { FeedContent } from "./services/feeds.ts";
export type { ApplyChoice, ImportDetails, ImportPreview, Upload } from "./services/imports.ts";
export type { InboxView } from "./services/inbox.ts";
export { inboxAddressOf } from "./services/inbox-address.ts";
