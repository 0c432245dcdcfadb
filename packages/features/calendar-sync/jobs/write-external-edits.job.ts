import { defineJob } from "@calsync/jobs";
import { z } from "zod";

/** Writes hosts' edits of events that are not ours to one calendar. A person waits for it, so it goes first. */
export const writeExternalEditsJob = defineJob({
  name: "write-external-edits",
  payload: z.object({ calendarSyncId: z.uuid() }),
  maxAttempts: 25,
  priority: -2,
  key: ({ calendarSyncId }) => calendarSyncId,
});

/** Finds edits whose job was lost. */
export const tendExternalEditsJob = defineJob({
  name: "tend-external-edits",
  payload: z.object({}),
  maxAttempts: 1,
  key: () => "all",
});
