import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "./definition.ts";
import { silentLog } from "./engine-log.ts";
import { GiveUp, RetryLater } from "./errors.ts";
import { handleJob, type JobContext, type JobHandler } from "./handler.ts";
import { runJob } from "./run-job.ts";

const job = defineJob({
  name: "push",
  payload: z.object({ id: z.string() }),
  maxAttempts: 3,
  backoff: { baseMs: 1_000, ceilingMs: 3_000 },
  key: ({ id }) => id,
});
const now = new Date("2026-03-01T10:00:00Z");

function run(
  handler: JobHandler<{ id: string }>,
  { attempts = 1, signal = new AbortController().signal, payload = { id: "a" } as unknown } = {},
) {
  const fetched = { id: "7", payload, attempts, maxAttempts: 3, key: null };
  return runJob(handleJob(job, handler), fetched, {
    log: silentLog,
    signal,
    clock: () => now,
    random: () => 1,
  });
}

const failing = (error: unknown) => () => Promise.reject(error);
const advised = (advice: object) => Object.assign(new Error("the provider refused"), { advice });

describe("runJob", () => {
  test("hands the handler its payload, attempt and clock, and finds the key the job coalesces under", async () => {
    let seen: { payload: unknown; context: JobContext } | undefined;
    const result = await run(
      async (payload, context) => {
        seen = { payload, context };
      },
      { attempts: 3 },
    );
    expect(result).toEqual({ outcome: { kind: "done" }, key: "push:a" });
    expect(seen?.payload).toEqual({ id: "a" });
    expect(seen?.context).toMatchObject({ attempt: 3, maxAttempts: 3, lastAttempt: true, jobId: "7" });
    expect(seen?.context.now()).toBe(now);
  });

  test("passes on that the handler wants another run", async () => {
    const { outcome } = await run(async () => ({ again: now }));
    expect(outcome).toEqual({ kind: "again", at: now });
  });

  test("retries an error with backoff until the last attempt, which is kept as failed", async () => {
    const error = new Error("boom");
    expect((await run(failing(error))).outcome).toEqual({
      kind: "retry",
      afterMs: 1_000,
      countsAsAttempt: true,
      message: "Error: boom",
      error,
    });
    expect((await run(failing(error), { attempts: 2 })).outcome).toMatchObject({ afterMs: 2_000 });
    expect((await run(failing(error), { attempts: 3 })).outcome).toEqual({
      kind: "failed",
      message: "Error: boom",
      error,
    });
  });

  test("RetryLater chooses the pause and uses up no attempt unless it says so", async () => {
    const later = new RetryLater({ afterMs: 60_000, reason: "locked" });
    expect((await run(failing(later), { attempts: 3 })).outcome).toMatchObject({
      kind: "retry",
      afterMs: 60_000,
      countsAsAttempt: false,
    });
    const counted = new RetryLater({ afterMs: 60_000, reason: "locked", countsAsAttempt: true });
    expect((await run(failing(counted), { attempts: 3 })).outcome).toMatchObject({ kind: "failed" });
    expect(() => new RetryLater({ afterMs: Number.NaN, reason: "x" })).toThrow(RangeError);
  });

  test("GiveUp, a payload of another shape and the advice never fail the job at its first attempt", async () => {
    expect((await run(failing(new GiveUp("gone")))).outcome).toMatchObject({ kind: "failed" });
    expect((await run(failing(advised({ retry: "never" })))).outcome).toMatchObject({ kind: "failed" });
    const { outcome, key } = await run(async () => {}, { payload: { id: 5 } });
    expect(outcome).toMatchObject({ kind: "failed", message: expect.stringContaining("id: ") });
    expect(key).toBeNull();
  });

  test("an error's advice sets the pause: soon, when the provider says, or the usual one", async () => {
    expect((await run(failing(advised({ retry: "now" })))).outcome).toMatchObject({
      kind: "retry",
      afterMs: 250,
      countsAsAttempt: true,
    });
    expect((await run(failing(advised({ retry: "later", afterMs: 40_000 })))).outcome).toMatchObject({
      afterMs: 44_000,
      countsAsAttempt: false,
    });
    for (const advice of [{ retry: "later", afterMs: null }, { retry: "after-full-pull" }]) {
      expect((await run(failing(advised(advice)))).outcome).toMatchObject({
        afterMs: 1_000,
        countsAsAttempt: true,
      });
    }
  });

  test("a run that was told to end is released, not failed", async () => {
    const aborted = AbortSignal.abort();
    expect((await run(failing(new Error("aborted")), { signal: aborted, attempts: 3 })).outcome).toEqual({
      kind: "released",
      message: "Error: aborted",
    });
  });

  test("keeps error messages short", async () => {
    const { outcome } = await run(failing(new Error("x".repeat(10_000))));
    expect(outcome).toHaveProperty("message.length", 2_001);
  });
});
