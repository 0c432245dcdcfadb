import { type GoogleEvent, type SandboxOptions, startSandbox } from "@calsync/provider-sandbox";
import type { SandboxCommand, SandboxReply, StartedSandbox } from "./sandbox-process.ts";

/* The sandbox in a process of its own, which does what its parent tells it to: it plays the people at their calendars. */
const options = JSON.parse(process.argv[2] ?? "{}") as SandboxOptions;
const sandbox = await startSandbox(options);
const { google } = sandbox;
process.once("disconnect", () => process.exit());
process.on("message", (command: SandboxCommand) => {
  let reply: SandboxReply;
  try {
    reply = { id: command.id, result: run(command) };
  } catch (error) {
    reply = { id: command.id, error: String(error) };
  }
  process.send?.(reply);
});
process.send?.({ url: sandbox.url, smtpPort: sandbox.mail?.port ?? 0 } satisfies StartedSandbox);

function run(command: SandboxCommand): unknown {
  switch (command.do) {
    case "createAccount":
      google.createAccount({ email: command.email, timeZone: "UTC" });
      return null;
    case "putEvents":
      return command.events.map((event) => idOf(google.putEvent(command.email, "primary", event)));
    case "changeEvents":
      for (const { id, change } of command.changes) {
        if (change === null) google.deleteEvent(command.email, "primary", id);
        else google.patchEvent(command.email, "primary", id, change);
      }
      return null;
    case "events":
      return google.events(command.email).filter(({ status }) => status !== "cancelled");
    case "pageToken":
      return google.issuePageToken(command.email).accessToken;
    case "countCalls":
      return Object.values(google.stats.calls).reduce((sum, count) => sum + count, 0);
  }
}

const idOf = (event: GoogleEvent) => String(event["id"]);
