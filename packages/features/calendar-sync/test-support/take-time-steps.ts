import type { Takers, TimeStep } from "@calsync/testing/model";
import type { EngineWorld } from "./EngineWorld.ts";

/** Time that passes, and work that is done. */
export function timeTakers(world: EngineWorld): Takers<TimeStep> {
  return {
    settle: () => world.settle(),
    async tick({ minutes }) {
      world.clock.advance({ minutes });
      await world.tick();
    },
    jump: ({ minutes }) => world.clock.advance({ minutes }),
    skew({ minutes }) {
      world.skewMs = minutes * 60_000;
    },
  };
}
