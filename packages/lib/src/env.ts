import type { z } from "zod";

/** Thrown by {@link loadEnv}: lists every setting that is missing or wrong, one per line, so that one start shows all of them. */
export class ConfigurationError extends Error {
  /** One entry per problem: the name of the variable and what is wrong with it. */
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`);
    super(
      `The configuration has ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}:\n` +
        `${lines.join("\n")}\n` +
        "Every variable is described in docs/operations/configuration.md.",
    );
    this.name = "ConfigurationError";
    this.problems = problems;
  }
}

/** One wrong or missing setting. */
export interface ConfigurationProblem {
  /** Name of the environment variable; `(all)` when a rule about several of them is broken. */
  readonly variable: string;
  /** What is wrong and what is expected. Never holds the value itself, which may be a secret. */
  readonly message: string;
}

/**
 * Reads a process's configuration once, at its start.
 *
 * An empty variable counts as unset, because that is what `NAME=` in an env file and an unfilled field of a hosting panel mean.
 * Variables that the schema does not name are ignored.
 *
 * @param schema an object schema whose keys are names of environment variables, each with a `.describe()` text
 * @param source where the values come from, usually `process.env` (which only apps and scripts may read)
 * @returns the parsed values with defaults filled in, frozen
 * @throws ConfigurationError when at least one variable is missing or wrong; it lists all of them, without their values
 */
export function loadEnv<Schema extends z.ZodType>(
  schema: Schema,
  source: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<Schema>> {
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const result = schema.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  throw new ConfigurationError(
    result.error.issues.map((issue) => {
      const variable = String(issue.path[0] ?? "(all)");
      const unset = issue.path.length > 0 && !(variable in given);
      return { variable, message: unset ? missing(issue) : issue.message };
    }),
  );
}

/** zod says "expected string, received undefined" for what a person calls "not set"; a message of the schema's own is kept. */
function missing(issue: z.core.$ZodIssue): string {
  if (issue.code === "custom") return issue.message;
  const expected = issue.code === "invalid_type" ? issue.expected : undefined;
  return expected && expected !== "string" && expected !== "nonoptional"
    ? `is not set (a ${expected} is needed)`
    : "is not set";
}
