import type { Tone } from "@calsync/ui";
import type { QueueItem } from "../api/types.ts";

const STATES: Record<QueueItem["state"], { tone: Tone; text: string }> = {
  running: { tone: "accent", text: "Under way" },
  waiting: { tone: "accent", text: "Waiting its turn" },
  scheduled: { tone: "neutral", text: "Planned" },
  retrying: { tone: "warn", text: "Trying again" },
  blocked: { tone: "warn", text: "Cannot go on" },
  failed: { tone: "bad", text: "Given up" },
};

/** How a piece of work stands. */
export function lookOfWork({ state }: Pick<QueueItem, "state">): { tone: Tone; text: string } {
  return STATES[state];
}

const KINDS: Record<string, string> = {
  pull: "Reading the calendar",
  subscription: "Setting up notifications",
  mirror: "Reading busy times",
};

/** What a piece of work is about; for the push of a booking its title. */
export function nameOfWork({ kind, booking }: Pick<QueueItem, "kind" | "booking">): string {
  if (booking) return booking.title;
  return KINDS[kind] ?? kind.replaceAll("-", " ").replace(/^./, (letter) => letter.toUpperCase());
}
