import type { EngineWorldOptions } from "./EngineWorld.ts";
import type { Step } from "./model-steps.ts";

/** A history that once went wrong. */
export interface Regression {
  /** What went wrong. */
  was: string;
  setUp: [calendars: number, destinations: number];
  options?: EngineWorldOptions;
  steps: Step[];
}

/** Histories that the model found, shrunk, kept for good. */
export const REGRESSIONS: readonly Regression[] = [
  {
    was: "an event that came back from the bin after its booking was cancelled in the app stood there for ever",
    setUp: [1, 1],
    steps: [
      { do: "book", slot: 10 },
      { do: "tick", minutes: 1 },
      { do: "cancel", pick: 0, by: "host" },
      { do: "settle" },
      { do: "restore event", pick: 0 },
      { do: "settle" },
    ],
  },
  {
    was: "an edit of an event that had just come back from the bin was never taken over",
    setUp: [1, 1],
    steps: [
      { do: "book", slot: 10 },
      { do: "settle" },
      { do: "delete event", calendar: 0, pick: 0 },
      { do: "tick", minutes: 1 },
      { do: "restore event", pick: 0 },
      { do: "edit event", calendar: 0, pick: 0, field: "title", text: "one" },
    ],
  },
  {
    was: "a worker that had stood still past its lease made a second event for a booking that was cancelled meanwhile",
    setUp: [1, 1],
    steps: [
      { do: "book", slot: 10 },
      { do: "strike", moments: 8, blow: "stall" },
      { do: "settle" },
      { do: "cancel", pick: 0, by: "host" },
      { do: "change destination", calendar: 0 },
      { do: "fault", fault: "lost-answer", times: 1 },
      { do: "tick", minutes: 1 },
    ],
  },
  {
    was: "a booking that one calendar brought back got a second event in the other, where the first had come back too",
    setUp: [2, 2],
    steps: [
      { do: "book", slot: 10 },
      { do: "settle" },
      { do: "delete event", calendar: 0, pick: 0 },
      { do: "tick", minutes: 1 },
      { do: "restore event", pick: 3 },
      { do: "restore event", pick: 0 },
      { do: "lose cursors", omit: 0 },
      { do: "settle" },
    ],
  },
  {
    was: "an event whose create had got no answer came back from the bin with its old title over a newer one",
    setUp: [2, 2],
    steps: [
      { do: "fault", fault: "lost-answer", times: 1 },
      { do: "book", slot: 0 },
      { do: "lose cursors", omit: 1 },
      { do: "settle" },
      { do: "fault", fault: "server-error", times: 1 },
      { do: "delete event", calendar: 0, pick: 0 },
      { do: "edit event", calendar: 1, pick: 0, field: "title", text: "one" },
      { do: "tick", minutes: 1 },
      { do: "settle" },
      { do: "restore event", pick: 0 },
      { do: "settle" },
    ],
  },
  {
    was: "a change that a store elsewhere had kept although our worker died never reached the other calendar",
    setUp: [2, 2],
    options: { bookingsElsewhere: true },
    steps: [
      { do: "book", slot: 0 },
      { do: "tick", minutes: 1 },
      { do: "move event", calendar: 0, pick: 0, slot: 3, hours: 1 },
      { do: "strike", moments: 8, blow: "die" },
      { do: "tick", minutes: 1 },
      { do: "settle" },
      { do: "lose cursors", omit: 0 },
      { do: "book", slot: 0 },
      { do: "settle" },
    ],
  },
  {
    was: "our own deletion whose answer was lost cancelled a booking that another calendar had brought back meanwhile",
    setUp: [2, 2],
    steps: [
      { do: "lose answer", method: "deleteEvent" },
      { do: "book", slot: 0 },
      { do: "tick", minutes: 1 },
      { do: "delete event", calendar: 1, pick: 0 },
      { do: "settle" },
      { do: "book", slot: 0 },
      { do: "strike", moments: 2, blow: "die" },
      { do: "settle" },
      { do: "restore event", pick: 0 },
      { do: "tick", minutes: 1 },
      { do: "resume" },
      { do: "tick", minutes: 1 },
    ],
  },
  {
    was: "a booking that a store elsewhere had brought back although our worker died stood without an event",
    setUp: [1, 1],
    options: { bookingsElsewhere: true },
    steps: [
      { do: "book", slot: 0 },
      { do: "settle" },
      { do: "delete event", calendar: 0, pick: 0 },
      { do: "settle" },
      { do: "strike", moments: 8, blow: "die" },
      { do: "restore event", pick: 0 },
      { do: "move event", calendar: 0, pick: 0, slot: 3, hours: 1 },
      { do: "tick", minutes: 1 },
      { do: "delete event", calendar: 0, pick: 0 },
      { do: "tick", minutes: 1 },
    ],
  },
  {
    was: "an event that had moved to another calendar stayed busy there as somebody else's, beside its booking",
    setUp: [2, 1],
    steps: [
      { do: "fault", fault: "lost-answer", times: 2 },
      { do: "book", slot: 0 },
      { do: "fault", fault: "server-error", times: 1 },
      { do: "tick", minutes: 1 },
      { do: "transfer event", calendar: 0, pick: 0 },
      { do: "reschedule", pick: 0, slot: 0, by: "host" },
      { do: "tick", minutes: 1 },
      { do: "move event", calendar: 1, pick: 0, slot: 0, hours: 1 },
      { do: "tick", minutes: 1 },
      { do: "reschedule", pick: 0, slot: 0, by: "host" },
    ],
  },
  {
    was: "an event that was moved to another calendar after its booking had been cancelled stayed there",
    setUp: [2, 1],
    steps: [
      { do: "change destination", calendar: 1 },
      { do: "book", slot: 10 },
      { do: "tick", minutes: 1 },
      { do: "cancel", pick: 0, by: "host" },
      { do: "transfer event", calendar: 1, pick: 0 },
    ],
  },
  {
    was: "an event that nobody had heard of, moved to another calendar before its booking was cancelled, stayed there",
    setUp: [2, 1],
    steps: [
      { do: "strike", moments: 15, blow: "die" },
      { do: "book", slot: 10 },
      { do: "settle" },
      { do: "transfer event", calendar: 0, pick: 0 },
      { do: "cancel", pick: 0, by: "host" },
      { do: "fault", fault: "server-error", times: 1 },
      { do: "tick", minutes: 1 },
    ],
  },
  {
    was: "an edit of an event that had moved to another calendar counted as done, because one before the move had the same versions",
    setUp: [2, 1],
    steps: [
      { do: "change destination", calendar: 1 },
      { do: "book", slot: 0 },
      { do: "settle" },
      { do: "edit event", calendar: 1, pick: 0, field: "title", text: "one" },
      { do: "move event", calendar: 1, pick: 0, slot: 1, hours: 1 },
      { do: "settle" },
      { do: "change destination", calendar: 0 },
      { do: "reschedule", pick: 0, slot: 3, by: "host" },
      { do: "settle" },
      { do: "book", slot: 0 },
      { do: "transfer event", calendar: 1, pick: 0 },
      { do: "tick", minutes: 1 },
      { do: "move event", calendar: 0, pick: 0, slot: 0, hours: 1 },
      { do: "settle" },
    ],
  },
  {
    was: "a change that a store elsewhere had kept although our worker died, of an event deleted since, never reached the other calendar",
    setUp: [2, 2],
    options: { bookingsElsewhere: true },
    steps: [
      { do: "book", slot: 0 },
      { do: "tick", minutes: 1 },
      { do: "move event", calendar: 1, pick: 0, slot: 3, hours: 1 },
      { do: "strike", moments: 9, blow: "die" },
      { do: "tick", minutes: 1 },
      { do: "delete event", calendar: 1, pick: 0 },
    ],
  },
];
