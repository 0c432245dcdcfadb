export * from "./calendar-error.ts";
