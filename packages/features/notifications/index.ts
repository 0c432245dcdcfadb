export {
  createSendMailHandler,
  type NotificationDependencies,
  notificationJobs,
} from "./jobs/send-mail.handler.ts";
export { sendMailJob } from "./jobs/send-mail.job.ts";
export type { BookingMail, MailActor, MailKind } from "./messages/booking-state.ts";
export type { MailRecipient, MailSettings } from "./messages/compose-mail.ts";
export type { HostNotice, HostNoticeKind } from "./messages/host-notice.ts";
export { wasCausedBy } from "./repositories/OutgoingMailRepository.ts";
export {
  DEFAULT_SETTLE_MS,
  type QueueMailsOptions,
  queueBookingMails,
} from "./services/queue-booking-mails.ts";
export { queueHostMails } from "./services/queue-host-mails.ts";
export { MailDeliveryError, type MailMessage, type MailTransport } from "./transport/MailTransport.ts";
export { createSmtpTransport, type SmtpTransportOptions } from "./transport/SmtpTransport.ts";
