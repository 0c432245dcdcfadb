import { type Command, UsageError, withContainer } from "./command.ts";

/** `calsync switch on|off`: the kill switch of the whole installation. */
export const switchCommand: Command = {
  name: "switch",
  usage: [
    { call: "switch", does: "Say whether sync runs." },
    {
      call: "switch off",
      does: "Stop all effects of sync within seconds. Nothing is lost; mails about what was done go out.",
    },
    { call: "switch on", does: "Let sync go on where it was." },
  ],
  async run(input) {
    const [word] = input.words;
    if (word !== undefined && word !== "on" && word !== "off") {
      throw new UsageError("Switch sync on or off? One of: on, off.");
    }
    await withContainer(input, "switch", async ({ preferences }) => {
      if (word !== undefined) await preferences.switchAll(word === "on");
      input.print(`Sync is ${(await preferences.isOn()) ? "on" : "off"}.`);
    });
  },
};
