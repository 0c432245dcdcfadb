import fc from "fast-check";
import { kindsOf } from "./step.ts";

/** What can become of a call: no answer although it was carried out, or one of the ways not to be. */
export type CallFault = "server-error" | "network" | "lost-answer" | "rate-limit";
/** A method that changes a calendar. */
export type WriteMethod = "createEvent" | "updateEvent" | "deleteEvent";

/** What goes wrong on the wire, at providers and at work. */
export type TroubleStep =
  | { do: "fault"; fault: CallFault; times: number }
  | { do: "lose answer"; method: WriteMethod }
  /** A worker dies, or stands still for long, after so many moments of its life. */
  | { do: "strike"; moments: number; blow: "die" | "stall" }
  | { do: "resume" }
  /** Cursors are refused, and the next listings leave out so many events. */
  | { do: "lose cursors"; omit: number }
  | { do: "expire tokens" }
  | { do: "notifications"; are: "dropped" | "doubled" | "reversed" }
  /** The provider gives events new versions after our writes, or stops doing so. */
  | { do: "touch after writes" };

const of = kindsOf<TroubleStep>();

/** What goes wrong, with how often each is drawn. */
export const troubleSteps = [
  of(3, "fault", {
    fault: fc.constantFrom<CallFault>("server-error", "network", "lost-answer", "rate-limit"),
    times: fc.integer({ min: 1, max: 3 }),
  }),
  of(4, "lose answer", {
    method: fc.constantFrom<WriteMethod>("createEvent", "updateEvent", "updateEvent", "deleteEvent"),
  }),
  of(4, "strike", {
    moments: fc.integer({ min: 1, max: 40 }),
    blow: fc.constantFrom<"die" | "stall">("die", "die", "stall"),
  }),
  of(1, "resume", {}),
  of(2, "lose cursors", { omit: fc.nat({ max: 2 }) }),
  of(1, "expire tokens", {}),
  of(2, "notifications", { are: fc.constantFrom("dropped", "doubled", "reversed") }),
  of(1, "touch after writes", {}),
];
