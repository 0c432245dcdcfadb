export * from "./definition.ts";
export * from "./enqueue.ts";
export * from "./errors.ts";
export * from "./handler.ts";
