import fc from "fast-check";
import { kindsOf } from "./step.ts";
import { calendar, pick, slot } from "./step-fields.ts";

/** What guests and hosts do in the app. `pick` and `calendar` choose among what is there at that moment. */
export type AppStep =
  | { do: "book"; slot: number }
  | { do: "reschedule"; pick: number; slot: number; by: "host" | "guest" }
  | { do: "cancel"; pick: number; by: "host" | "guest" }
  | { do: "change destination"; calendar: number };

const of = kindsOf<AppStep>();
const by = fc.constantFrom<"host" | "guest">("host", "guest");

/** What people do in the app, with how often each is drawn. */
export const appSteps = [
  of(3, "book", { slot }),
  of(4, "reschedule", { pick, slot, by }),
  of(1, "cancel", { pick, by }),
  of(1, "change destination", { calendar }),
];
