import { cleanUpCommand } from "./clean-up.command.ts";
import type { Command } from "./command.ts";
import { cronCommand } from "./cron.command.ts";
import { delegationCommand } from "./delegation.command.ts";
import { doctorCommand } from "./doctor.command.ts";
import { inboxCommand } from "./inbox.command.ts";
import { keysCommand } from "./keys.command.ts";
import { migrateCommand } from "./migrate.command.ts";
import { notificationsCommand } from "./notifications.command.ts";
import { queueCommand } from "./queue.command.ts";
import { switchCommand } from "./switch.command.ts";
import { syncCommand } from "./sync.command.ts";

/** Everything that the `calsync` command line can do. */
export const COMMANDS: readonly Command[] = [
  migrateCommand,
  cronCommand,
  queueCommand,
  switchCommand,
  cleanUpCommand,
  syncCommand,
  doctorCommand,
  delegationCommand,
  inboxCommand,
  keysCommand,
  notificationsCommand,
];

/** What `calsync help` says. */
export function helpText(): string {
  const lines = COMMANDS.flatMap((command) => command.usage);
  const width = Math.max(...lines.map(({ call }) => call.length));
  return [
    "calsync: operates an installation. It reads the same configuration as the API.",
    "",
    ...lines.map(({ call, does }) => `  calsync ${call.padEnd(width)}  ${does}`),
  ].join("\n");
}
