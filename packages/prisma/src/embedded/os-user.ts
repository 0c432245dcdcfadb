import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./error.ts";

const run = promisify(execFile);

/** The operating system's user that PostgreSQL runs as; null means "as ourselves". */
export interface OsUser {
  name: string;
  uid: number;
  gid: number;
}

/** PostgreSQL looks its user up by name, so a bare number will not do: the first of these that the machine knows. */
const CANDIDATES = ["postgres", "nobody"];

/**
 * PostgreSQL refuses to run as root. For a root shell this finds an unprivileged user that exists; for everybody else
 * it is null.
 * @throws EmbeddedPostgresError when we are root and the machine has none of the users we would use.
 */
export async function unprivilegedUser(): Promise<OsUser | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of CANDIDATES) {
    try {
      const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
      return { name, uid: Number(uid.stdout.trim()), gid: Number(gid.stdout.trim()) };
    } catch {
      // This user does not exist; try the next.
    }
  }
  throw new EmbeddedPostgresError(
    "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody.",
    {
      hint: "Run as another user, create one (useradd --system postgres), or set DATABASE_URL to a server of your own.",
    },
  );
}

/** Whether `user` may pass through every folder above `path` (which need not exist itself), judged by the mode bits. */
export async function canReach(user: OsUser, path: string): Promise<boolean> {
  let folder = dirname(resolve(path));
  for (;;) {
    const entry = await stat(folder).catch(() => null);
    if (entry !== null) {
      const searchBit = entry.uid === user.uid ? 0o100 : entry.gid === user.gid ? 0o010 : 0o001;
      if ((entry.mode & searchBit) === 0) return false;
    }
    const parent = dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}
