export * from "./calendar-service.ts";
export * from "./changes.ts";
export * from "./channel.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./provider.ts";
export * from "./time.ts";
