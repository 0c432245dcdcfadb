export * from "./backoff.ts";
export * from "./calendar-error.ts";
export * from "./clock.ts";
export * from "./env.ts";
