import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Works imported series out further, before the end of their times comes near. */
export const extendImportsJob = defineJob({
  name: "extend-imports",
  payload: z.object({}),
  maxAttempts: 3,
  priority: 3,
  key: () => "all",
});
