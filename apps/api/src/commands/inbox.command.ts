import type { InboxOperatorReport } from "@calsync/ics";
import { type Command, type CommandInput, UsageError, withContainer } from "./command.ts";
import { table } from "./table.ts";

const SHOWN = 100;

/** `calsync inbox`: how reading the inbox stands, and mails that nobody else sees because they name no account. */
export const inboxCommand: Command = {
  name: "inbox",
  usage: [
    { call: "inbox [--json]", does: "Show how the inbox is read, and its mails that name no account." },
    { call: "inbox dismiss <id> | --all", does: "Clear away mails that name no account." },
  ],
  run(input) {
    const [action, id, ...more] = input.words;
    if (more.length > 0) throw new UsageError(`"inbox ${input.words.join(" ")}" is not known.`);
    return withContainer(input, "inbox", async ({ ics }) => {
      if (action === undefined) return show(await ics.inboxReport(SHOWN), input);
      if (action !== "dismiss") throw new UsageError(`"inbox ${action}" is not known.`);
      const cleared = await ics.dismissUnnamed(input.options["all"] === true ? null : requiredId(id));
      input.print(cleared === 1 ? "1 mail was cleared away." : `${cleared} mails were cleared away.`);
    });
  },
};

function show(report: InboxOperatorReport, { options, print }: CommandInput): void {
  if (options["json"] === true) {
    print(JSON.stringify(report));
    return;
  }
  const { mailboxes, unnamed } = report;
  if (mailboxes.length === 0) print("No inbox was ever read.");
  for (const { name, lastReadAt, lastError, nextReadAt } of mailboxes) {
    const read = lastReadAt ? `last read ${lastReadAt.toISOString()}` : "never read to its end";
    const trouble = lastError ? `; ${lastError} Next try ${nextReadAt?.toISOString() ?? "soon"}.` : "";
    print(`${name}: ${read}${trouble}`);
  }
  print(`Mails that name no account: ${unnamed.total}`);
  if (unnamed.mails.length === 0) return;
  const rows = unnamed.mails.map(({ id, receivedAt, sender, subject, reason, detail }) => [
    id,
    receivedAt.toISOString(),
    sender ?? "",
    subject,
    detail ? `${reason}: ${detail}` : reason,
  ]);
  print(table(["id", "received", "from", "subject", "reason"], rows));
}

function requiredId(id: string | undefined): string {
  if (id !== undefined && /^[0-9a-f-]{36}$/i.test(id)) return id;
  throw new UsageError("Which one? Give its id, from: calsync inbox.");
}
