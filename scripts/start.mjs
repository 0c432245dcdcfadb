// npm start: from a fresh clone to a running calsync. See docs/operations/local.md.
import { launch } from "./bootstrap.mjs";

/** Finds out what would stop us at the end before anything takes time. */
async function refuseEarly() {
  const { endLeftovers, pidFile } = await import("./processes.mjs");
  const { freePorts, loadDotEnv } = await import("./settings.mjs");
  loadDotEnv();
  await endLeftovers(pidFile, { refuseToGoOn: "so it cannot be started again" });
  await freePorts();
}

await launch("run.mjs", { before: refuseEarly });
