import type { MemoryFault } from "@calsync/testing/memory-calendar";
import type { CallFault, Takers, TroubleStep } from "@calsync/testing/model";
import type { EngineWorld } from "./EngineWorld.ts";
import type { PersonEdits } from "./PersonEdits.ts";

const FAULTS: Record<CallFault, MemoryFault> = {
  "server-error": { kind: "server-error" },
  network: { kind: "network" },
  "lost-answer": { kind: "lost-answer" },
  "rate-limit": { kind: "rate-limit", retryAfterMs: 5_000 },
};

/** What goes wrong. There are no tokens in memory. */
export function troubleTakers(world: EngineWorld, edits: PersonEdits): Takers<TroubleStep> {
  const { server } = world;
  const { faults } = server;
  return {
    fault: ({ fault, times }) => faults.next("any", FAULTS[fault], times),
    "lose answer": ({ method }) => faults.next(method, { kind: "lost-answer" }),
    strike: ({ moments, blow }) => world.db.strikeAfter(moments, blow),
    resume: () => world.jobs.resumeStalled(),
    "lose cursors"({ omit }) {
      server.expireCursors();
      // What came out of the bin is found by a listing alone: nothing reads what was deleted.
      if (!edits.all.some(({ kind }) => kind === "restore")) faults.omitFromListings(omit);
    },
    "expire tokens": () => {},
    notifications({ are }) {
      if (are === "dropped") world.notifications = [];
      else if (are === "doubled") world.notifications.push(...world.notifications);
      else world.notifications.reverse();
    },
    "touch after writes"() {
      faults.touchAfterWrite = !faults.touchAfterWrite;
    },
  };
}
