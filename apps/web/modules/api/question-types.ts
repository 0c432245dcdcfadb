/** Shapes of what waits for a host, as the API gives it. */
import type { ExternalEdit, Snapshot } from "./types.ts";

/** A question about a booking that only its host can answer. */
export interface Question {
  id: string;
  kind: "fields" | "deleted" | "cancelled" | "outside-hours" | "overlap";
  state: "open" | "resolved" | "over";
  question: string;
  booking: { uid: string; title: string };
  calendar: { id: string; name: string; provider: string };
  fields: string[];
  facts: { outsideHours: boolean; busy: boolean; overlaps: string[] } | null;
  openedAt: string;
  resolvedAt: string | null;
  resolution: "local" | "remote" | "merge" | "converged" | "overtaken" | null;
}

/** How one field stands on both sides. */
export interface FieldComparison {
  /** Guests are asked about where one has answered differently on both sides. */
  field: keyof Snapshot | "attendees";
  base: unknown;
  local: unknown;
  remote: unknown;
  changedBy: "nobody" | "local" | "remote" | "both";
  proposal: "local" | "remote";
  differs: boolean;
}

/** A question with what is needed to answer it. */
export interface QuestionDetails extends Question {
  version: string;
  base: Snapshot | null;
  local: Snapshot | null;
  remote: Snapshot | null;
  comparison: FieldComparison[];
}

/** A pull that would cancel or move more bookings than the host lets pass. */
export interface MassChange {
  id: string;
  status: "open" | "confirmed" | "restored" | "withdrawn";
  calendar: { id: string; name: string; provider: string };
  cancellations: number;
  moves: number;
  limit: number;
  openedAt: string;
  decidedAt: string | null;
  finishedAt: string | null;
}

/** A mass change with what would become of each booking. */
export interface MassChangeDetails extends MassChange {
  items: {
    bookingUid: string;
    title: string;
    action: "cancel" | "reschedule";
    start: string;
    end: string;
    newTime: Snapshot["time"] | null;
  }[];
  /** How many changes were carried out after the host's yes, and how many of those were taken back. */
  applied: number;
  undone: number;
}

/** What came of taking a mass change back. */
export interface MassUndoOutcome {
  undone: number;
  refused: {
    changeId: string;
    booking: { uid: string; title: string } | null;
    code: string;
    message: string;
  }[];
}

/** A host's edit that met another one in the calendar, as GET /v1/external-edits gives it. */
export interface AskingEdit extends ExternalEdit {
  calendar: { id: string; name: string; provider: string };
  title: string;
  comparison: {
    field: keyof Snapshot;
    before: unknown;
    /** Null when the event is to be deleted. */
    mine: unknown;
    calendar: unknown;
  }[];
}
