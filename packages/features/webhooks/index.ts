export * from "./dto.ts";
export type { DeliveryRow } from "./repositories/DeliveryRepository.ts";
export type { WebhookRow } from "./repositories/WebhookRepository.ts";
export {
  DEFAULT_WEBHOOK_SETTINGS,
  type WebhookDependencies,
  type WebhookSettings,
} from "./services/dependencies.ts";
export { type BookingNews, queueBookingWebhooks } from "./services/queue-booking-webhooks.ts";
export { queueWebhook, type WebhookNews } from "./services/queue-webhook.ts";
export { webhookJobs, webhookSchedule } from "./services/webhook-jobs.ts";
export { createWebhookService, type WebhookService } from "./services/webhook-service.ts";
