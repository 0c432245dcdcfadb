"use client";

/** Components that hold state or listen to the keyboard: they run in the browser. */
export { Dialog, type DialogProps } from "./Dialog.tsx";
export { MonthCalendar, type MonthCalendarProps } from "./MonthCalendar.tsx";
export { type MonthString, monthOf } from "./month-grid.ts";
export { ShownOnce } from "./ShownOnce.tsx";
