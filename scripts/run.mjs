// The second half of `npm start`: runs everything from one process, and ends everything with it.
import path from "node:path";
import { endLeftovers, Processes, pidFile } from "./processes.mjs";
import { bold, dim, explain, say, step } from "./progress.mjs";
import {
  DEMO,
  explainRoot,
  migrateDatabase,
  seedDatabase,
  startDatabase,
  startServices,
} from "./services.mjs";
import { freePorts, loadDotEnv, localSecrets, runningEnvFile, writePrivate } from "./settings.mjs";
import { localDir, logDir } from "./toolchain.mjs";

/** Resolves when the person, the system or npm asks us to end. */
function endWanted() {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve(signal));
    // A killed npm or launcher tells its child nothing; a child whose parent is another one now knows it.
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve("the end of its parent process"), 1_000).unref();
  });
}

async function main() {
  const ended = endWanted();
  const interrupted = ended.then((why) => {
    throw new Interruption(String(why));
  });
  interrupted.catch(() => {});

  loadDotEnv();
  await endLeftovers(pidFile, { refuseToGoOn: "so it cannot be started again" });
  const ports = await freePorts();
  const processes = new Processes(logDir, pidFile);
  /** @type {Promise<{ url: string, stop(): Promise<void> }> | undefined} */
  let database;
  try {
    const begin = async () => {
      if (process.env.DATABASE_URL) {
        say("  DATABASE_URL is set: that database is used.");
      } else {
        explainRoot();
        const dataDir = path.join(localDir, "postgres");
        database = step("Start PostgreSQL", () => startDatabase({ dataDir }));
      }
      const databaseUrl = database ? (await database).url : (process.env.DATABASE_URL ?? "");
      await step("Bring the database up to date", () => migrateDatabase(databaseUrl));
      await seedDatabase(databaseUrl);
      const statePath = path.join(localDir, "sandbox", "state.json");
      return startServices(processes, { ports, databaseUrl, secrets: localSecrets(), statePath });
    };
    const running = await Promise.race([begin(), interrupted]);
    writePrivate(runningEnvFile, running.env);
    greet(running);
    await Promise.race([interrupted, processes.died]);
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    say(`\nEnding (${error.message}) …`);
  } finally {
    await processes.stop();
    await database?.then(
      ({ stop }) => stop(),
      () => {},
    );
  }
  say("calsync has ended.");
}

class Interruption extends Error {}

function greet({ web, api, sandbox, forGoogle, forMicrosoft }) {
  const line = (title, address, text) => say(`  ${title.padEnd(9)} ${address.padEnd(30)} ${dim(text)}`);
  say(`\n${bold("calsync runs.")} ${dim("Ctrl-C ends it.")}\n`);
  line("Web", web, `log in as ${DEMO.email} with ${DEMO.password}`);
  line("Booking", `${web}/${DEMO.username}`, "what a guest sees");
  line("API", `${api}/docs`, "reference page");
  if (sandbox) line("Sandbox", `${sandbox}/`, standsIn(forGoogle, forMicrosoft));
  if (forGoogle) {
    say(`
Try this:
  1. Log in, open Settings → Calendars, connect Google (the sandbox's consent page opens) and choose a calendar.
  2. Open ${web}/${DEMO.username} in another window and book a time as a guest.
  3. Open the sandbox's calendar and drag the new event: the booking moves by itself, and the guest gets a mail.`);
  }
  say(dim("\nLogs: .calsync/logs   Forget all local data: npm run reset\n"));
}

function standsIn(forGoogle, forMicrosoft) {
  const names = [forGoogle && "Google Calendar", forMicrosoft && "Outlook"].filter(Boolean).join(" and ");
  return names ? `stands in for ${names}, with a mailbox` : "mailbox";
}

main().then(
  () => process.exit(0),
  (error) => {
    explain(error);
    process.exit(1);
  },
);
