import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineJob, type JobDefinition, parsePayload, storedKey } from "./definition.ts";
import { JobPayloadError } from "./errors.ts";

const define = (changes: Partial<JobDefinition<{ id: string }>>) =>
  defineJob({ name: "pull-calendar", payload: z.object({ id: z.string() }), maxAttempts: 5, ...changes });

describe("defineJob", () => {
  test("refuses what the queue could not store or would misread", () => {
    expect(() => define({ name: "Pull Calendar" })).toThrow(/kebab-case/);
    expect(() => define({ maxAttempts: 0 })).toThrow('Job "pull-calendar": maxAttempts');
    expect(() => define({ maxAttempts: 40_000 })).toThrow("maxAttempts");
    expect(() => define({ priority: 0.5 })).toThrow("priority");
    expect(() => define({ backoff: { baseMs: 10, ceilingMs: 1 } })).toThrow("baseMs <= ceilingMs");
  });
});

describe("parsePayload", () => {
  test("names the job, the field and the rule, never the value", () => {
    const job = defineJob({ name: "push", payload: z.object({ token: z.string().max(3) }), maxAttempts: 1 });
    const error = catchError(() => parsePayload(job, { token: "hunter2" }));
    expect(error).toBeInstanceOf(JobPayloadError);
    expect(String(error)).toMatch(/job "push" does not fit its schema: token: /);
    expect(String(error)).not.toContain("hunter2");
  });

  test("checks the form that will be read back, so that a Date under z.date() is found at once", () => {
    const dated = defineJob({ name: "dated", payload: z.object({ at: z.date() }), maxAttempts: 1 });
    expect(() => parsePayload(dated, { at: new Date() })).toThrow("at: ");
    const coerced = defineJob({ name: "dated", payload: z.object({ at: z.coerce.date() }), maxAttempts: 1 });
    expect(parsePayload(coerced, { at: new Date(0) })).toEqual({ at: new Date(0) });
  });

  test("refuses payloads that are no objects, arrays above all, which the engine would merge", () => {
    const list = defineJob({ name: "list", payload: z.array(z.string()), maxAttempts: 1 });
    for (const payload of [["a"], "a", null, undefined]) {
      expect(() => parsePayload(list, payload)).toThrow("a payload is an object");
    }
  });
});

test("a stored key carries the job's name, because the engine's keys are unique over all jobs", () => {
  expect(storedKey("pull", "42")).toBe("pull:42");
  expect(() => storedKey("pull", "")).toThrow("1 to 507 characters");
  expect(() => storedKey("pull", "x".repeat(508))).toThrow("1 to 507 characters");
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
