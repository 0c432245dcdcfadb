import { setTimeout as pause } from "node:timers/promises";
import { notificationAddress } from "../services/gateway.ts";
import { type Command, UsageError, withContainer } from "./command.ts";

const EXPECTED_MS = 15 * 60_000;
const LOOK_EVERY_MS = 2_000;

/** `calsync notifications …`: providers that notify the installation as a whole. */
export const notificationsCommand: Command = {
  name: "notifications",
  usage: [
    {
      call: "notifications expect <provider>",
      does: "Take the secret of a webhook that is being set up at the provider, and show it.",
    },
    {
      call: "notifications forget <provider>",
      does: "Forget that secret; calendars are polled from then on.",
    },
  ],
  run(input) {
    const { env, words, print } = input;
    const [action, provider] = words;
    if (provider === undefined) throw new UsageError("Which provider? For example notioncalendar.");
    return withContainer(input, "notifications", async ({ notificationSecrets, now }) => {
      if (action === "forget") {
        await notificationSecrets.forget(provider);
        return print("Forgotten.");
      }
      if (action !== "expect") throw new UsageError("What with the notifications? expect or forget.");
      const address = notificationAddress(env, provider);
      if (address === null)
        throw new UsageError("The provider cannot reach this installation: set NOTIFICATION_URL.");
      const before = await notificationSecrets.read(provider);
      const until = new Date(now().getTime() + EXPECTED_MS);
      await notificationSecrets.expect(provider, until);
      print(`Set the webhook up at the provider now, with this address: ${address}`);
      while (now() < until) {
        await pause(LOOK_EVERY_MS);
        const secret = await notificationSecrets.read(provider);
        if (secret === null || secret === before) continue;
        print("It has introduced itself. Confirm it there with this token:");
        return print(secret);
      }
      print("Nothing came within 15 minutes; nothing was changed.");
      process.exitCode = 1;
    });
  },
};
