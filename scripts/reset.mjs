// npm run reset: forgets the local database, the sandbox's calendars and the generated secrets. The toolchain is kept.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { endLeftovers, pidFile } from "./processes.mjs";
import { explain, say } from "./progress.mjs";
import { localDir } from "./toolchain.mjs";

try {
  await endLeftovers(pidFile, { refuseToGoOn: "so its data cannot be removed" });
  const embedded = path.join(localDir, "..", "packages/prisma/dist/embedded.js");
  const dataDir = path.join(localDir, "postgres");
  // A server whose parent was killed may still run on this folder, and the folder may belong to another user.
  if (fs.existsSync(dataDir) && fs.existsSync(embedded)) {
    const { stopEmbeddedPostgres, removeDataFolder } = await import(pathToFileURL(embedded).href);
    await stopEmbeddedPostgres(dataDir);
    await removeDataFolder(dataDir);
  }
  for (const name of ["postgres", "sandbox", "logs", "env", "running.env", "running.json"]) {
    fs.rmSync(path.join(localDir, name), { recursive: true, force: true });
  }
  say("The local data is gone; the next npm start begins with a new database.");
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
