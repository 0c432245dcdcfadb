export * from "./dto.ts";
export { type BookingNews, queueBookingWebhooks } from "./services/queue-booking-webhooks.ts";
export { queueWebhook, type WebhookNews } from "./services/queue-webhook.ts";
