import type { Takers, TimeStep } from "@calsync/testing/model";
import type { HttpHistory } from "./history.ts";

/** Time that passes, and work that is done. */
export function timeTakers({ world }: HttpHistory): Takers<TimeStep> {
  return {
    settle: () => world.settle(),
    async tick({ minutes }) {
      world.clock.advance({ minutes });
      await world.tick();
    },
    jump: ({ minutes }) => world.clock.advance({ minutes }),
    skew({ minutes }) {
      for (const remote of world.remotes) remote.setSkew(minutes * 60_000);
    },
  };
}
