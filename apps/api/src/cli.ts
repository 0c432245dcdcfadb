import { parseArgs } from "node:util";
import { AppError } from "@calsync/lib";
import { UsageError } from "./commands/command.ts";
import { COMMANDS, helpText } from "./commands/index.ts";
import { readEnv } from "./entrypoint.ts";

/** The `calsync` command line. Results go to standard output, everything else to standard error. */
const { values, positionals } = parse();
const [name, ...words] = positionals;
if (values["help"] === true || name === undefined || name === "help") {
  console.log(helpText());
  process.exit(name === undefined && values["help"] !== true ? 64 : 0);
}
const command = COMMANDS.find((candidate) => candidate.name === name);
if (!command) fail(`There is no command "${name}".`, 64);
try {
  await command.run({ env: readEnv(), words, options: values, print: (line) => console.log(line) });
} catch (error) {
  if (error instanceof UsageError) fail(error.message, 64);
  if (error instanceof AppError) fail([error.message, error.hint].filter(Boolean).join(" "), 1);
  throw error;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        json: { type: "boolean" },
        email: { type: "string" },
        name: { type: "string" },
        scopes: { type: "string" },
        user: { type: "string" },
        state: { type: "string" },
        kind: { type: "string" },
        calendar: { type: "string" },
        limit: { type: "string" },
        cursor: { type: "string" },
        all: { type: "boolean" },
        direction: { type: "string" },
        "dry-run": { type: "boolean" },
        fix: { type: "boolean" },
        domain: { type: "string" },
        key: { type: "string" },
        provider: { type: "string" },
      },
    });
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error), 64);
  }
}

function fail(message: string, code: number): never {
  console.error(`${message}\nRun "calsync help" for what there is.`);
  process.exit(code);
}
