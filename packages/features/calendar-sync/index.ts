export * from "./create-calendar-sync.ts";
export { CRON_NAMES, type CronName, type CronReport } from "./crons/cron.ts";
export type { ChangeView, SyncStatus } from "./dto.ts";
export { CHOSEN_FIELDS, type ConflictAnswer, type FieldChoice } from "./engine/conflict.ts";
export { FINDINGS, type FindingKind } from "./engine/diagnose.ts";
export type { TimeFacts } from "./engine/guards.ts";
export { type AppReason, explainReason, REASONS, type ReasonCode } from "./engine/reasons.ts";
export {
  differingFields,
  type EventSnapshot,
  SNAPSHOT_FIELDS,
  type SnapshotAttendee,
  type SnapshotField,
  sameField,
  toSnapshot,
} from "./engine/snapshot.ts";
export type {
  BookingAction,
  BookingActionOutcome,
  BookingStore,
  LocalItem,
  LocalSeries,
  SeriesChange,
  SeriesStore,
} from "./ports/BookingStore.ts";
export type { BookingChange, BookingSync } from "./ports/BookingSync.ts";
export type { CalendarGateway } from "./ports/CalendarGateway.ts";
export type {
  ConflictDetails,
  ConflictView,
  MassChangeDetails,
  MassChangeEntry,
  MassChangeView,
  QuestionKind,
} from "./question-dto.ts";
export type { AttentionCounts } from "./repositories/AttentionRepository.ts";
export type { CalendarSyncTarget } from "./repositories/CalendarSyncRepository.ts";
export type { BusyTimesFound, CalendarFreshness } from "./services/BusyTimes.ts";
export type { BulkOutcome, ResolveOutcome } from "./services/Conflicts.ts";
export type { DoctorFinding, DoctorReport, Healing } from "./services/doctor-report.ts";
export type { ExternalEditRequest, ExternalScope } from "./services/ExternalEvents.ts";
export type {
  AskingEditView,
  EditComparison,
  ExternalEditView,
  ExternalEventView,
} from "./services/external-views.ts";
export type { NotificationAnswer } from "./services/Notifications.ts";
export {
  type CalendarPreferences,
  type CalendarPreferencesPatch,
  createSyncPreferences,
  type DestinationView,
  type OverridablePreferences,
  type SyncPreferenceService,
  type SyncPreferences,
  type SyncTeam,
} from "./services/preferences.ts";
export {
  QUEUE_STATES,
  type QueueItem,
  type QueuePage,
  type QueueQuery,
  type QueueState,
  SyncQueue,
} from "./services/SyncQueue.ts";
export { RUN_DIRECTIONS, type RunRequest, type SyncRunView } from "./services/SyncRuns.ts";
export { DEFAULT_SYNC_SETTINGS, type SyncSettings } from "./services/settings.ts";
export type { UndoOutcome } from "./services/Undo.ts";
