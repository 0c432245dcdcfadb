import { spawn } from "node:child_process";
import path from "node:path";

const CLI = path.join(import.meta.dirname, "../../../api/dist/cli.js");

/**
 * Runs `calsync notifications expect <provider>`, as who operates the installation does while they set up a webhook.
 * @returns the address that it names, what gives the token once it has arrived, and what ends the command early
 */
export async function expectWebhook(provider: string) {
  // The command is the one that was built; the tests' own conditions are not for it.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const command = spawn(process.execPath, [CLI, "notifications", "expect", provider], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  command.stdout.setEncoding("utf8");
  const prints = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(printed)?.[0];
        if (found !== undefined) resolve(found);
      };
      command.stdout.on("data", look);
      command.once("close", (code) => reject(new Error(`The command ended with ${code}: ${printed}`)));
      look();
    });
  command.stdout.on("data", (text: string) => {
    printed += text;
  });
  return {
    address: await prints(/https?:\/\/\S+/),
    token: () => prints(/^secret_\S+$/m),
    end: () => command.kill(),
  };
}
