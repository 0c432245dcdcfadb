import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { canReach, type OsUser } from "./os-user.ts";
import { privateStore } from "./private-store.ts";

/**
 * What a data folder holds:
 *
 *   data/        PostgreSQL's own files, 0700, owned by the user that PostgreSQL runs as
 *   password     the superuser's generated password, 0600, ours
 *   owner        process id of whoever started the server and stops it
 *   server.log   PostgreSQL's log
 *   moved-to     where data/ really is, when PostgreSQL's user cannot reach this folder (see private-store.ts)
 */
export interface DataFolder {
  root: string;
  data: string;
  logFile: string;
}

/** Makes the folder when it is missing, and decides where the data goes. */
export async function openDataFolder(dataDir: string, user: OsUser | null): Promise<DataFolder> {
  const root = resolve(dataDir);
  await mkdir(root, { recursive: true, mode: 0o755 });
  // A strict umask would close a folder that PostgreSQL's user has to pass through; what is secret in it is 0600.
  if (user !== null) await chmod(root, 0o755);
  let data = join(root, "data");
  if (user !== null && !(await canReach(user, data))) {
    const id = createHash("sha256").update(root).digest("hex").slice(0, 12);
    data = join(await privateStore(), `data-${basename(root)}-${id}`);
    await writeFile(join(root, "moved-to"), `${data}\n`);
  }
  return { root, data, logFile: join(root, "server.log") };
}

/**
 * Removes a data folder with everything in it, also what had to be kept elsewhere. The server must be stopped.
 * @param dataDir the folder that was given to startEmbeddedPostgres; one that does not exist is no error.
 */
export async function removeDataFolder(dataDir: string): Promise<void> {
  const root = resolve(dataDir);
  const movedTo = await readFile(join(root, "moved-to"), "utf8").catch(() => null);
  if (movedTo !== null) await rm(movedTo.trim(), { recursive: true, force: true });
  await rm(root, { recursive: true, force: true });
}

/** The stored password of the superuser, made up on first use. */
export async function readOrCreatePassword(folder: DataFolder): Promise<string> {
  const path = join(folder.root, "password");
  const stored = await readFile(path, "utf8").catch(() => null);
  if (stored !== null && stored.trim() !== "") return stored.trim();
  const password = randomBytes(24).toString("base64url");
  await writeFile(path, `${password}\n`, { mode: 0o600 });
  return password;
}

/** Major version of the server that made the data ("18"), or null when there is none yet. */
export async function dataVersion(folder: DataFolder): Promise<string | null> {
  return readFile(join(folder.data, "PG_VERSION"), "utf8").then(
    (text) => text.trim(),
    () => null,
  );
}

/** Empties the log once it has grown past 5 MB: nobody rotates the log of a development database. */
export async function trimLog(folder: DataFolder): Promise<void> {
  const size = await stat(folder.logFile).then(
    (entry) => entry.size,
    () => 0,
  );
  if (size > 5_000_000) await rm(folder.logFile, { force: true });
}

/** The last lines of the server's log, for error messages. */
export async function logTail(folder: DataFolder, lines = 12): Promise<string> {
  const text = await readFile(folder.logFile, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
