import type { ExternalEvent } from "@calsync/types";
import type { LocalSeries, SeriesChange } from "../ports/BookingStore.ts";
import type { ClockTrust } from "./clock-compare.ts";
import type { TimeFacts } from "./guards.ts";
import type { SeriesOccurrence } from "./occurrence-places.ts";
import type { InboundPlan, PlannedReference, RemoteState } from "./plan-inbound.ts";
import type { PlannedSeries } from "./plan-series-outbound.ts";
import type { SyncPolicy } from "./policy.ts";
import type { SyncedSeries } from "./synced-state.ts";

/** What planning a change of a recurring event starts from. */
export interface SeriesInput {
  reference: PlannedSeries & {
    goneBookingIds: readonly number[];
    /** Since when its event has been gone, while that may yet turn out otherwise. */
    deletedSeenAt?: Date | null;
  };
  local: LocalSeries;
  /** The recurring event as it is now; null when the page tells of its instances or copies only. */
  remote: RemoteState | null;
  /** Whether the event was found in this calendar and has not been read there before: all of its dates may be others. */
  unread?: boolean;
  /** Instances that the page tells of, by their original starts. */
  instances: ReadonlyMap<string, RemoteState>;
  occurrences: readonly SeriesOccurrence[];
  /** Recurring events that carry this series' marker: what "this and following" makes. */
  successors: readonly ExternalEvent[];
  /** What is known of instances of successors that differ from them; keys as `instanceKey` makes them. */
  successorInstances?: ReadonlyMap<string, RemoteState>;
  /** Occurrences that have had no place since then, or for longer, have been waited for long enough; null: none has. */
  settledBefore: Date | null;
  /** Whether the calendar cannot bring a deleted date back (capability): a booking that is to stand there has an event of its own. */
  deletedDatesStay?: boolean | undefined;
  policy: SyncPolicy;
  now: Date;
  /** As in InboundInput. */
  clock?: ClockTrust | undefined;
  ownAddresses?: readonly string[];
}

/** What becomes of one occurrence. */
export interface PlannedOccurrence {
  occurrence: SeriesOccurrence;
  plan: InboundPlan;
  /** Where its event is from now on; null: nowhere, for now. */
  place?: { eventId: string; originalStart: string } | null;
  /** It stands alone from now on. */
  leaves?: true;
  /** It stands without a place, until it is clear whether it turns up in another series: since when. */
  waitsSince?: Date;
  /** The instance that stands for it, where the calendar has not told of it by itself. */
  event?: ExternalEvent;
  /** Plans it once more, with what is known of the time that its event has now. */
  withFacts?: (facts: TimeFacts) => InboundPlan;
}

/** What a change of a recurring event means for its series and for each of its occurrences. */
export interface SeriesPlan {
  reference: {
    status?: PlannedReference["status"];
    version?: string | null;
    sequence?: number;
    base?: SyncedSeries | null;
    clearPending?: true;
    deletePending?: false;
    /** The event is gone for good and is made again. */
    recreate?: true;
    goneBookingIds?: number[];
  };
  /** What changes of the series itself on our side. */
  change: Pick<SeriesChange, "set" | "changedAt" | "slots"> | null;
  occurrences: PlannedOccurrence[];
  /** The series that later occurrences have moved into, in order: one for each time that the series was cut. */
  successors: { event: ExternalEvent; change: Pick<SeriesChange, "set" | "changedAt" | "slots"> }[];
  /** What the calendar has told of single dates need not be true any more: everything is to be listed anew. */
  relist: boolean;
  /** Occurrences dropped out of the rule, and stand until it is clear whether they turn up in another series: since when the last. */
  waitingSince: Date | null;
  /** Whether the recurring event lacks something that the series has. */
  push: boolean;
  /** Whether the event has occurrences that nobody has booked: they make the host busy. */
  extras: boolean;
  /** The places that bookings have. */
  taken: string[];
}
