import { execFile } from "node:child_process";
import { chown, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { PostgresBinaries } from "./binaries.ts";
import type { DataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./error.ts";
import type { OsUser } from "./os-user.ts";

const run = promisify(execFile);

/** Name of the one superuser of an embedded server. */
export const SUPERUSER = "calsync";

/** initdb looks the time zone and messages up in the environment; ours are fixed. */
const FIXED: Partial<NodeJS.ProcessEnv> = { LC_ALL: "C", TZ: "UTC", PGTZ: "UTC" };
/** The whole environment of a server. Libraries may declare variables that every program has (Next.js: NODE_ENV); this one has none. */
export const SERVER_ENVIRONMENT = FIXED as NodeJS.ProcessEnv;

/**
 * Makes PostgreSQL's files with UTF-8, the built-in C.UTF-8 collation (the same on every operating system, and no
 * surprise when glibc is upgraded) and password authentication. The files are made under another name and renamed
 * at the end, so that an interrupted run leaves nothing that looks finished.
 */
export async function initialise(
  folder: DataFolder,
  binaries: PostgresBinaries,
  user: OsUser | null,
  password: string,
): Promise<void> {
  const draft = `${folder.data}.${process.pid}`;
  const passwordFile = `${draft}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700, recursive: true });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (user !== null) {
      await chown(draft, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    await run(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        // Nothing of worth is in it yet; the server itself syncs what it writes.
        "--no-sync",
      ],
      {
        cwd: dirname(draft),
        env: { ...SERVER_ENVIRONMENT, ...(process.platform === "win32" ? windowsEnvironment() : {}) },
        ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
      },
    );
    // A second process that started at the same moment may have been quicker; its files stay.
    if ((await stat(folder.data).catch(() => null)) === null) await rename(draft, folder.data);
  } catch (cause) {
    const output = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : String(cause);
    throw new EmbeddedPostgresError(`PostgreSQL's files could not be made in ${folder.data}: ${output}`, {
      hint: "Check that the disk has room (100 MB) and the folder is writable, or set DATABASE_URL to a server of your own.",
      cause,
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** Windows programs do not start without it. */
function windowsEnvironment(): Record<string, string> {
  return { SystemRoot: "C:\\Windows" };
}
