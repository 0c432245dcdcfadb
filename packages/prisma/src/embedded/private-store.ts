import { lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgresError } from "./error.ts";

/**
 * A folder outside of the clone that only root can write to and everybody can pass through. It is used only for a root
 * shell whose clone lies where PostgreSQL's unprivileged user cannot go (below /root, usually). /var/lib outlives a
 * restart of the machine; a system that forbids it gets the folder for temporary files.
 * @throws EmbeddedPostgresError when neither place can be used.
 */
export async function privateStore(): Promise<string> {
  for (const parent of ["/var/lib", tmpdir()]) {
    const folder = join(parent, "calsync-embedded-postgres");
    await mkdir(folder, { mode: 0o755 }).catch(() => undefined);
    const entry = await lstat(folder).catch(() => null);
    // In a folder that everybody writes to, somebody else may have made this one first.
    if (entry?.isDirectory() && entry.uid === process.getuid?.() && (entry.mode & 0o022) === 0) return folder;
  }
  throw new EmbeddedPostgresError(
    "There is no place for PostgreSQL's files that its unprivileged user could reach.",
    {
      hint: "Move the clone out of /root, run as another user, or set DATABASE_URL to a server of your own.",
    },
  );
}
