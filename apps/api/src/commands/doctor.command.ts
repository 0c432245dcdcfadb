import type { SyncRunView } from "@calsync/calendar-sync";
import { type Command, withContainer } from "./command.ts";
import { runCalendars } from "./run-calendars.ts";

/** `calsync doctor`: compares calendars with their bookings, in this process. Ends with 1 when something needs somebody. */
export const doctorCommand: Command = {
  name: "doctor",
  usage: [
    {
      call: "doctor --calendar id | --user e-mail | --all [--fix] [--json]",
      does: "Compare every coming booking with its event, say what differs and why; --fix heals it.",
    },
  ],
  run(input) {
    const { options, print } = input;
    const json = options["json"] === true;
    return withContainer(input, "doctor", async (container) => {
      const request = { kind: "doctor", fix: options["fix"] === true } as const;
      const run = await runCalendars(container, input, request, (calendar) => {
        if (!json) for (const line of linesOf(calendar)) print(line);
      });
      if (json) print(JSON.stringify(run));
      const open = run.calendars.some(
        ({ error, result }) =>
          error !== null ||
          (result?.type === "checked" &&
            (result.error !== null || result.findings.some(({ healing }) => healing !== "done"))),
      );
      if (open) process.exitCode = 1;
    });
  },
};

function linesOf({ name, provider, result, error }: SyncRunView["calendars"][number]): string[] {
  const head = `${name} (${provider}):`;
  if (error) return [`${head} ${error.code}: ${error.message}`];
  if (result?.type !== "checked") return [`${head} not checked`];
  if (result.error) return [`${head} could not be read: ${result.error.code}: ${result.error.message}`];
  if (result.findings.length === 0) return [`${head} ${result.bookings} bookings, all as they should be`];
  return [
    `${head} ${result.bookings} bookings, ${result.findings.length} findings`,
    ...result.findings.map(({ kind, cause, booking, eventId, fields, changedLast, healing }) =>
      [
        `  ${kind}:`,
        booking ? `"${booking.title}" ${String(booking.start)}` : (eventId ?? ""),
        fields.length > 0 ? `[${fields.join(", ")}]` : "",
        changedLast ? `(${changedLast} was changed last)` : "",
        cause,
        HEALING[healing],
      ]
        .filter(Boolean)
        .join(" "),
    ),
  ];
}

const HEALING = { done: "Healed.", possible: "--fix heals it.", "by-hand": "A person has to look at it." };
