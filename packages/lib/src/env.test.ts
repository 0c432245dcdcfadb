import { describe, expect, test } from "vitest";
import { z } from "zod";
import { ConfigurationError, loadEnv } from "./env.ts";

const schema = z.object({
  DATABASE_URL: z.url().describe("PostgreSQL"),
  SESSION_SECRET: z.string().min(32).describe("signs sessions"),
  API_PORT: z.coerce.number().int().min(1).max(65_535).default(3001).describe("port"),
  NODE_ENV: z.enum(["development", "production", "test"]).default("development").describe("mode"),
  GOOGLE_CLIENT_ID: z.string().optional().describe("client"),
});
const valid = { DATABASE_URL: "postgres://localhost/calsync", SESSION_SECRET: "s".repeat(32) };

function problemsOf(source: Record<string, string | undefined>) {
  try {
    loadEnv(schema, source);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("no problem was found");
}

describe("loadEnv", () => {
  test("gives typed values, fills in defaults and ignores variables of others", () => {
    const env = loadEnv(schema, { ...valid, API_PORT: "4000", HOME: "/root" });
    expect(env).toEqual({ ...valid, API_PORT: 4000, NODE_ENV: "development" });
    expect(Object.isFrozen(env)).toBe(true);
  });

  test("lists every problem at once", () => {
    const error = problemsOf({ SESSION_SECRET: "short", API_PORT: "99999", NODE_ENV: "prod" });
    expect(error.problems.map((problem) => problem.variable)).toEqual([
      "DATABASE_URL",
      "SESSION_SECRET",
      "API_PORT",
      "NODE_ENV",
    ]);
    for (const { variable } of error.problems) expect(error.message).toContain(`  ${variable}: `);
    expect(error.message).toContain("The configuration has 4 problems:");
  });

  test("says that a variable is not set instead of naming a type", () => {
    expect(problemsOf({ SESSION_SECRET: valid.SESSION_SECRET }).problems).toEqual([
      { variable: "DATABASE_URL", message: "is not set" },
    ]);
  });

  test("treats an empty variable as unset, so that defaults apply", () => {
    expect(loadEnv(schema, { ...valid, API_PORT: "", GOOGLE_CLIENT_ID: " " })).toEqual({
      ...valid,
      API_PORT: 3001,
      NODE_ENV: "development",
    });
    expect(problemsOf({ ...valid, DATABASE_URL: "" }).problems[0]?.message).toBe("is not set");
  });

  test("never repeats a value, which may be a secret", () => {
    expect(problemsOf({ DATABASE_URL: "hunter2", SESSION_SECRET: "correct-horse" }).message).not.toMatch(
      /hunter2|correct-horse/,
    );
  });

  test("names a rule about several variables as one about all of them", () => {
    const both = schema.refine((env) => env.API_PORT !== 1, { error: "API_PORT 1 is taken" });
    expect(() => loadEnv(both, { ...valid, API_PORT: "1" })).toThrow("(all): API_PORT 1 is taken");
  });
});
