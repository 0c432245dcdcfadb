import { type Command, withContainer } from "./command.ts";

/** `calsync clean-up`: what the worker also does by itself. */
export const cleanUpCommand: Command = {
  name: "clean-up",
  usage: [{ call: "clean-up", does: "Delete failed work and finished rows that are over their time." }],
  run: (input) =>
    withContainer(input, "clean-up", async ({ cleanUp }) => input.print(JSON.stringify(await cleanUp()))),
};
