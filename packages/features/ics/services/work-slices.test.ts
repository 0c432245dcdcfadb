import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { WorkSlices } from "./work-slices.ts";

/** Keeps the processor busy, by its own clock. */
function work(ms: number): void {
  const begun = process.cpuUsage();
  for (let spent = 0; spent < ms * 1_000; ) {
    const { user, system } = process.cpuUsage(begun);
    spent = user + system;
  }
}

test("work that takes longer than it may is ended", async () => {
  const slices = new WorkSlices(100);
  work(40);
  await slices.pause();
  work(100);
  await expect(slices.pause()).rejects.toMatchObject({ code: "ics_too_complex" });
});

test("what is only waited for does not count", async () => {
  const slices = new WorkSlices(100);
  for (let round = 0; round < 5; round++) await slices.waitFor(wait(40));
  await slices.pause();
  expect(await slices.waitFor(Promise.resolve("done"))).toBe("done");
});
