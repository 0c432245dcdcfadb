/** Faithful simulators of calendar providers: start one from code, or with the `calsync-sandbox` command. */

export type { CallStats } from "./CallStats.ts";
export { GoogleApiError } from "./google/errors.ts";
export {
  DEFAULT_BEHAVIOURS,
  DOCUMENTED_QUOTA,
  FAULT_KINDS,
  type FaultRule,
  type GoogleBehaviours,
  GoogleFaults,
} from "./google/faults.ts";
export {
  DEFAULT_CLIENT,
  type GoogleClientInput,
  GoogleSandbox,
} from "./google/GoogleSandbox.ts";
export type { ServiceAccountKey } from "./google/oauth/ServiceAccounts.ts";
export { CALENDAR_SCOPES, calendarScope } from "./google/scopes.ts";
export type { AccessRole, Account, GoogleEvent, GuestMail } from "./google/types.ts";
export { DEFAULT_GRAPH_APP, type GraphAppInput } from "./graph/apps.ts";
export { GraphApiError } from "./graph/errors.ts";
export {
  DEFAULT_GRAPH_BEHAVIOURS,
  DOCUMENTED_GRAPH_LIMITS,
  type GraphBehaviours,
  type GraphFaultRule,
  GraphFaults,
} from "./graph/faults.ts";
export { GraphSandbox } from "./graph/GraphSandbox.ts";
export type { LifecycleEvent } from "./graph/SubscriptionDelivery.ts";
export type { GraphAccount, GraphEvent, GraphSubscription, MeetingMail } from "./graph/types.ts";
export { Mailbox } from "./mail/Mailbox.ts";
export type { Invitation, Mail, MailAddress, MailAttachment } from "./mail/types.ts";
export type { NotionBehaviours, NotionFaultRule } from "./notion/faults.ts";
export {
  CALENDAR_COLUMNS,
  DEFAULT_NOTION_CLIENT,
  type NotionClientInput,
  NotionSandbox,
  type NotionTokens,
} from "./notion/NotionSandbox.ts";
export type { ColumnInput } from "./notion/NotionStore.ts";
export type { IssuedTokens } from "./oauth/issued-tokens.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./server.ts";
export { trustAuthority } from "./tls-server.ts";
