import { slotsOf, timeAt } from "@calsync/icalendar";
import type { EventTime, ExternalEvent } from "@calsync/types";
import type { SeriesOccurrence } from "../engine/occurrence-places.ts";
import type { RemoteState } from "../engine/plan-inbound.ts";
import { DEFAULT_POLICY, type SyncPolicy } from "../engine/policy.ts";
import { planSeries, type SeriesInput, type SeriesPlan } from "../engine/series.ts";
import { stateAt } from "../engine/series-state.ts";
import type { SyncedSeries } from "../engine/synced-state.ts";
import type { LocalItem, LocalSeries } from "../ports/BookingStore.ts";

/** Before all of its dates. */
const NOW = new Date("2030-01-01T00:00:00.000Z");
const RULE = ["RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=4"];

/** An hour from `start` on. */
export function hour(start: string, timeZone = "UTC"): EventTime {
  const at = new Date(start);
  const end = new Date(at.getTime() + 3_600_000);
  return { allDay: false, start: at.toISOString(), end: end.toISOString(), timeZone };
}

/** A series as both sides hold it, and what happens to it. */
export interface SeriesWorld {
  series: LocalSeries;
  event: ExternalEvent;
  base: SyncedSeries;
  status: "SYNCED" | "DELETED";
  version: string;
  gone: number[];
  occurrences: SeriesOccurrence[];
}

/** Four Tuesdays at ten, as both sides agreed. */
export function makeWorld({ time = hour("2030-01-08T10:00Z"), recurrence = RULE } = {}): SeriesWorld {
  const fields = { title: "Coaching", description: "", location: "" };
  const snapshot = { ...fields, time, attendees: [] };
  const base: SyncedSeries = { local: { ...snapshot, recurrence }, remote: { ...snapshot, recurrence } };
  return {
    series: {
      seriesId: "series",
      hostId: 1,
      active: true,
      ...fields,
      time,
      recurrence,
      changedAt: {},
      createdAt: "2029-12-01T00:00:00.000Z",
      iCalUid: "uid@calsync",
      sequence: 0,
    },
    event: {
      id: "master",
      calendarId: "cal",
      iCalUid: "uid@provider",
      version: "v1",
      sequence: 0,
      status: "confirmed",
      ...snapshot,
      organizer: null,
      selfResponse: null,
      transparency: "busy",
      visibility: "default",
      recurrence,
      seriesId: null,
      originalStart: null,
      marker: "ref",
      updatedAt: "2029-12-31T00:00:00.000Z",
      url: null,
    },
    base,
    status: "SYNCED",
    version: "v1",
    gone: [],
    occurrences: slotsOf({ time, recurrence }).slots.map((slot, index) => ({
      reference: {
        id: `ref${index}`,
        bookingId: index + 1,
        status: "SYNCED",
        version: null,
        sequence: 0,
        base: stateAt(base, slot),
        pending: [],
        externalEventId: "master",
        originalStart: slot,
      },
      local: {
        bookingId: index + 1,
        uid: `uid${index}`,
        hostId: 1,
        active: true,
        snapshot: { ...snapshot, time: timeAt(time, slot) },
        changedAt: {},
        createdAt: "2029-12-01T00:00:00.000Z",
        iCalUid: "uid@calsync",
        sequence: 0,
        series: { id: "series", originalStart: slot },
      },
    })),
  };
}

/** After a person has changed the event. */
export const edited = (world: SeriesWorld, changes: Partial<ExternalEvent>): SeriesWorld => ({
  ...world,
  event: { ...world.event, version: `${world.event.version}+`, ...changes },
});

/** What a page tells, and when; the whole event when left out. */
export interface SeriesTold {
  remote?: RemoteState | null;
  unread?: boolean;
  instances?: SeriesInput["instances"];
  successors?: ExternalEvent[];
  /** Whether dates that dropped out are waited for no longer; true when left out. */
  settled?: boolean;
  policy?: Partial<SyncPolicy>;
  now?: Date;
}

/** What is planned for it. */
export function plan(world: SeriesWorld, told: SeriesTold = {}): SeriesPlan {
  const { policy, settled = true, now = NOW, ...rest } = told;
  return planSeries({
    reference: {
      id: "ref",
      status: world.status,
      version: world.version,
      sequence: 0,
      base: world.base,
      pending: [],
      externalEventId: "master",
      generation: 0,
      goneBookingIds: world.gone,
    },
    local: world.series,
    remote: { state: "present", event: world.event },
    instances: new Map(),
    occurrences: world.occurrences,
    successors: [],
    settledBefore: settled ? now : null,
    now,
    ...rest,
    policy: { ...DEFAULT_POLICY, ...policy },
  });
}

/** The world after the plan was carried out, as the services do it. */
export function carriedOut(world: SeriesWorld, { reference, change, occurrences }: SeriesPlan): SeriesWorld {
  const planned = new Map(occurrences.map((one) => [one.occurrence.reference.bookingId, one]));
  return {
    ...world,
    series: { ...world.series, ...change?.set },
    base: reference.base ?? world.base,
    status: reference.status === "DELETED" ? "DELETED" : reference.status ? "SYNCED" : world.status,
    version: reference.version ?? world.version,
    gone: reference.goneBookingIds ?? world.gone,
    occurrences: world.occurrences.map((one): SeriesOccurrence => {
      const done = planned.get(one.reference.bookingId);
      if (!done || !one.local) return one;
      const { clearPending: _clear, recreate: _again, ...update } = done.plan.reference;
      const at = done.place
        ? { externalEventId: done.place.eventId, originalStart: done.place.originalStart }
        : done.place === null
          ? { externalEventId: null, originalStart: "" }
          : {};
      const local: LocalItem = { ...one.local };
      const slot = change?.slots.find(({ bookingId }) => bookingId === local.bookingId);
      if (slot) local.series = { id: "series", originalStart: slot.originalStart };
      for (const action of done.plan.actions) {
        if (action.kind === "cancel") Object.assign(local, { active: false, cancelledFor: action.reason });
        if (action.kind === "restore") Object.assign(local, { active: true, cancelledFor: null });
        if ((action.kind === "reschedule" || action.kind === "restore") && action.time)
          local.snapshot = { ...local.snapshot, time: action.time };
        if (action.kind === "change-details")
          local.snapshot = {
            ...local.snapshot,
            title: action.title ?? local.snapshot.title,
            description: action.description ?? local.snapshot.description,
            location: action.location ?? local.snapshot.location,
          };
      }
      return { reference: { ...one.reference, ...update, ...at }, local };
    }),
  };
}
