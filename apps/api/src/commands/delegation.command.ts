import { readFile } from "node:fs/promises";
import type { ProvisionReport } from "@calsync/calendar-connections";
import { type Command, type CommandInput, requiredOption, UsageError, withContainer } from "./command.ts";
import { table } from "./table.ts";

/** `calsync delegation`: organisations whose administrator has opened all of their calendars. */
export const delegationCommand: Command = {
  name: "delegation",
  usage: [
    {
      call: "delegation add --provider googlecalendar --domain example.com --key key.json",
      does: "Store a domain's key (of a service account, of an app registration), and connect its users without a consent page.",
    },
    {
      call: "delegation provision --provider googlecalendar --domain example.com",
      does: "Connect users of the domain who are not yet.",
    },
    { call: "delegation list", does: "List the domains, and how many accounts rest on each." },
    {
      call: "delegation remove --provider googlecalendar --domain example.com",
      does: "Forget a key; its accounts need their users again.",
    },
  ],
  run(input) {
    const { words, options, print } = input;
    const [action] = words;
    const named = () => ({
      provider: requiredOption(options, "provider"),
      domain: requiredOption(options, "domain"),
    });
    return withContainer(input, "delegation", async ({ delegations }) => {
      switch (action) {
        case "list": {
          const domains = await delegations.list();
          if (domains.length === 0) return print("No domain is open.");
          const rows = domains.map((one) => [one.domain, one.provider, one.name, String(one.accounts)]);
          return print(table(["domain", "provider", "key", "accounts"], rows));
        }
        case "add": {
          const keyFile = await read(requiredOption(options, "key"));
          const { instructions, users } = await delegations.add({ ...named(), keyFile });
          print(instructions);
          return tell(users, input);
        }
        case "provision":
          return tell(await delegations.provision(named()), input);
        case "remove": {
          const { accounts } = await delegations.remove(named());
          return print(`Removed. ${accounts} accounts have to be connected by their users.`);
        }
        default:
          throw new UsageError("What with the delegations? add, provision, list or remove.");
      }
    });
  },
};

function tell({ connected, failed }: ProvisionReport, { print }: CommandInput): void {
  print(`Connected: ${connected.length}.`);
  for (const { email, message } of failed) print(`${email}: ${message}`);
  if (failed.length > 0) process.exitCode = 1;
}

async function read(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text !== null) return text;
  throw new UsageError(`The key file ${path} cannot be read.`);
}
