/** The shapes of webhooks outside. Imports nothing but zod, so that a browser can use it. */
export * from "./messages/webhook-message.ts";
