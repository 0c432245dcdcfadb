import { Dot, type Tone } from "@calsync/ui";
import Link from "next/link";
import { readApi } from "../api/server.ts";
import type { SyncOverview } from "../api/types.ts";

type State = SyncOverview["overall"] | "again" | "none" | "unknown";

const LOOKS: Record<State, { tone: Tone; text: string; detail: string }> = {
  ok: { tone: "good", text: "In sync", detail: "Bookings and calendars are equal." },
  working: { tone: "accent", text: "Syncing…", detail: "Changes are on their way." },
  again: {
    tone: "warn",
    text: "Trying again…",
    detail: "A calendar did not take a change at the last try; it is tried again by itself.",
  },
  attention: { tone: "bad", text: "Needs attention", detail: "A calendar cannot be synced without you." },
  none: {
    tone: "neutral",
    text: "No calendar",
    detail: "Connect a calendar to keep it equal to your bookings.",
  },
  unknown: { tone: "neutral", text: "Sync unknown", detail: "The service cannot tell at the moment." },
};

/** How sync stands altogether, in one or two words that lead to the details. */
export async function SyncIndicator() {
  const state = await readState();
  const { tone, text, detail } = LOOKS[state];
  return (
    <Link
      href="/settings/status"
      data-testid="sync-status"
      data-state={state}
      title={detail}
      className="flex min-h-10 items-center gap-2 rounded-lg px-2 text-sm font-medium hover:bg-sunken"
    >
      <Dot tone={tone} pulse={state === "working"} />
      <span className="sr-only">Sync status: </span>
      {text}
    </Link>
  );
}

async function readState(): Promise<State> {
  try {
    const { calendars, overall } = await readApi<SyncOverview>("/v1/sync/status");
    if (calendars.length === 0) return "none";
    const failing = calendars.some(({ enabled, failingPushes }) => enabled && failingPushes > 0);
    return overall === "working" && failing ? "again" : overall;
  } catch {
    return "unknown";
  }
}
