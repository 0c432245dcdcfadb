import type { FaultRule, GoogleEvent } from "@calsync/provider-sandbox";
import fc from "fast-check";
import { liveEvents } from "../support/equal-sides.ts";
import type { GoogleHarness, GoogleHost } from "./GoogleHarness.ts";

/** One step of a history with the simulated Google. `pick` chooses among what is there at that moment. */
export type GoogleStep =
  | { do: "book"; slot: number }
  | { do: "reschedule"; pick: number; slot: number }
  | { do: "cancel"; pick: number }
  | { do: "move event"; pick: number; slot: number; hours: number }
  | { do: "edit event"; pick: number; field: "summary" | "description" | "location"; text: string }
  | { do: "delete event"; pick: number }
  | { do: "restore event"; pick: number }
  | { do: "add event"; slot: number }
  | { do: "fault"; fault: FaultRule["fault"]; method: string | null; times: number }
  | { do: "lose cursors" }
  | { do: "expire tokens" }
  | { do: "jump"; minutes: number }
  | { do: "settle" }
  | { do: "tick"; minutes: number };

const pick = fc.nat({ max: 3 });
const slot = fc.nat({ max: 30 });
type StepOf<D extends GoogleStep["do"]> = Omit<Extract<GoogleStep, { do: D }>, "do">;

function of<D extends GoogleStep["do"]>(
  weight: number,
  kind: D,
  fields: { [K in keyof StepOf<D>]: fc.Arbitrary<StepOf<D>[K]> },
): { weight: number; arbitrary: fc.Arbitrary<GoogleStep> } {
  const all = { do: fc.constant(kind), ...fields } as Record<string, fc.Arbitrary<unknown>>;
  return { weight, arbitrary: fc.record(all) as unknown as fc.Arbitrary<GoogleStep> };
}

/** What people do, on both sides. */
const people = [
  of(3, "book", { slot }),
  of(4, "reschedule", { pick, slot }),
  of(1, "cancel", { pick }),
  of(5, "move event", { pick, slot, hours: fc.integer({ min: 1, max: 3 }) }),
  of(3, "edit event", {
    pick,
    field: fc.constantFrom("summary", "description", "location"),
    text: fc.constantFrom("one", "two", "three"),
  }),
  of(2, "delete event", { pick }),
  of(1, "restore event", { pick }),
  of(1, "add event", { slot }),
];

const time = [
  of(5, "settle", {}),
  of(2, "tick", { minutes: fc.integer({ min: 1, max: 90 }) }),
  of(1, "jump", { minutes: fc.integer({ min: -3, max: 30 }) }),
];

const trouble = [
  of(5, "fault", {
    fault: fc.constantFrom(
      "serverError",
      "rateLimit",
      "dropConnection",
      "loseAnswer",
      "loseAnswer",
      "touchAfterWrite",
      "emptyPage",
      "dropNotification",
      "duplicateNotification",
      "reorderNotification",
    ),
    method: fc.constantFrom(
      null,
      "calendar.events.insert",
      "calendar.events.patch",
      "calendar.events.update",
    ),
    times: fc.integer({ min: 1, max: 2 }),
  }),
  of(1, "lose cursors", {}),
  of(1, "expire tokens", {}),
];

/** Steps of all kinds. */
export const googleStep: fc.Arbitrary<GoogleStep> = fc.oneof(...people, ...time, ...trouble);
/** Steps without faults, for histories in which these are of one kind and last. */
export const peopleStep: fc.Arbitrary<GoogleStep> = fc.oneof(...people, ...time);

/** What a history has done so far. */
export interface GoogleHistory {
  uids: string[];
  /** How often people have changed events of bookings. */
  edits: number;
}

/** Carries a step out. */
export async function takeGoogleStep(
  world: GoogleHarness,
  host: GoogleHost,
  history: GoogleHistory,
  step: GoogleStep,
): Promise<void> {
  const { google, clock, container } = world;
  const viewer = { userId: host.userId };
  const uid = (index: number) => at(history.uids, index);
  const change = (index: number, fields: GoogleEvent | null) => {
    const { ours, foreign } = liveEvents(google, host);
    const event = at([...ours.map((one) => one.event), ...foreign], index);
    if (!event) return;
    history.edits += 1;
    const id = String(event["id"]);
    if (fields) google.patchEvent(host.googleEmail, host.calendarId, id, fields);
    else google.deleteEvent(host.googleEmail, host.calendarId, id);
  };
  switch (step.do) {
    case "book":
      await refusable(
        async () =>
          void history.uids.push(await world.book(host, hourAt(step.slot), `guest${history.uids.length}`)),
      );
      return;
    case "reschedule": {
      const one = uid(step.pick);
      const start = hourAt(step.slot).toISOString();
      if (one) await refusable(() => container.bookings.reschedule(one, { start }, viewer));
      return;
    }
    case "cancel": {
      const one = uid(step.pick);
      if (one) await refusable(() => container.bookings.cancel(one, {}, viewer));
      return;
    }
    case "move event":
      change(step.pick, timesAt(step.slot, step.hours));
      return;
    case "edit event":
      change(step.pick, { [step.field]: step.text });
      return;
    case "delete event":
      change(step.pick, null);
      return;
    case "restore event": {
      const known = await world.database.prisma.bookingReference.findMany({
        where: { calendarSyncId: host.calendarSyncId },
      });
      const ids = new Set(known.map(({ externalEventId }) => externalEventId));
      const gone = google
        .events(host.googleEmail, host.calendarId)
        .filter((event) => event.status === "cancelled" && ids.has(String(event["id"])));
      const event = at(gone, step.pick);
      if (!event) return;
      history.edits += 1;
      google.patchEvent(host.googleEmail, host.calendarId, String(event["id"]), { status: "confirmed" });
      return;
    }
    case "add event":
      google.putEvent(host.googleEmail, host.calendarId, { summary: "Dentist", ...timesAt(step.slot, 1) });
      return;
    case "fault":
      google.faults.add({
        fault: step.fault,
        times: step.times,
        ...(step.method && !/Notification|Page/.test(step.fault) ? { method: step.method } : {}),
      });
      return;
    case "lose cursors":
      google.expireSyncTokens(host.calendarId);
      return;
    case "expire tokens":
      google.expireAccessTokens(host.googleEmail);
      return;
    case "jump":
      clock.advance({ minutes: step.minutes });
      return;
    case "settle":
      await world.settle();
      return;
    case "tick":
      clock.advance({ minutes: step.minutes });
      await world.tick();
      return;
  }
}

/** What people are refused (a taken slot, a cancelled booking) is part of a history; anything else is a bug. */
async function refusable(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error && error.name === "AppError")) throw error;
  }
}

/** An hour of the working weeks from four weeks after the present on, so that nothing ends during a history. */
let firstDay = 0;
/** Moves the hours that histories are about: clocks only go on, and hosts come one after the other. */
export function beginAt(now: Date): void {
  firstDay = Math.floor(now.getTime() / 86_400_000) + 28;
}

function hourAt(index: number): Date {
  return new Date((firstDay + Math.floor(index / 8)) * 86_400_000 + (9 + (index % 8)) * 3_600_000);
}

function timesAt(index: number, hours: number): GoogleEvent {
  const start = hourAt(index);
  const end = new Date(start.getTime() + hours * 3_600_000);
  return {
    start: { dateTime: start.toISOString(), timeZone: "UTC" },
    end: { dateTime: end.toISOString(), timeZone: "UTC" },
  };
}

function at<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(list.length, 1)];
}
