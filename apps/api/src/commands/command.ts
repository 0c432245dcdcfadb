import { createLogger } from "@calsync/lib";
import { type Container, createContainer } from "../container.ts";
import type { ApiEnv } from "../env.ts";

/** What a command is called with. */
export interface CommandInput {
  env: ApiEnv;
  /** The words after the command's name. */
  words: readonly string[];
  options: Readonly<Record<string, string | boolean | undefined>>;
  /** Writes one line of the result. */
  print(line: string): void;
}

/** One command of the command line. */
export interface Command {
  name: string;
  /** How it is called, one per line of the help. */
  usage: readonly { call: string; does: string }[];
  run(input: CommandInput): Promise<void>;
}

/** The command was called in a way that it does not understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs a command over a container of its own. Standard output is the command's alone: logs go to standard error. */
export async function withContainer(
  { env }: CommandInput,
  name: string,
  run: (container: Container) => Promise<void>,
): Promise<void> {
  const log = createLogger({ level: env.LOG_LEVEL, name, destination: process.stderr });
  const container = createContainer(env, { name, log });
  try {
    await run(container);
  } finally {
    await container.close();
  }
}

/** The text of an option that a command cannot do without. @throws UsageError */
export function requiredOption(options: CommandInput["options"], name: string): string {
  const value = options[name];
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  throw new UsageError(`--${name} is missing.`);
}
