import type { HttpHost, HttpWorld } from "./HttpWorld.ts";

/** What a history is about, and what it has done so far. */
export interface HttpHistory {
  world: HttpWorld;
  host: HttpHost;
  /** Of the bookings that were made. */
  uids: string[];
  /** With what the guest of each of them comes back to it, in the same order. */
  guestTokens: string[];
  /** How often people have changed events of bookings. */
  edits: number;
  /** The day with which the hours of its steps begin. */
  firstDay: number;
}

/** Hours are those of the working weeks from four weeks after the present on, so that nothing ends during a history. */
export function beginHistory(world: HttpWorld, host: HttpHost): HttpHistory {
  const firstDay = Math.floor(world.clock().getTime() / 86_400_000) + 28;
  return { world, host, uids: [], guestTokens: [], edits: 0, firstDay };
}

/** The hour that a number stands for, and the time so many hours after it. */
export function hoursAt(history: HttpHistory, index: number, hours = 1): { start: Date; end: Date } {
  const day = history.firstDay + Math.floor(index / 8);
  const start = new Date(day * 86_400_000 + (9 + (index % 8)) * 3_600_000);
  return { start, end: new Date(start.getTime() + hours * 3_600_000) };
}
