import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { connectionConfig } from "./connection.ts";

/** PostgreSQL 15 is the first with NULLS NOT DISTINCT, which a constraint of ours needs. */
const OLDEST_SERVER = 150_000;
/** The key that Prisma's own engine locks while it migrates, so that the two never work at the same time. */
const PRISMA_MIGRATION_LOCK = 72_707_369;
const LOCK_LIMIT_MS = 60_000;

/** Where the migrations lie beside both the sources and the built files. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../migrations/", import.meta.url));

/** The database cannot be brought up to date. `message` says why and what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  /** The migration that is to blame, when one is. */
  readonly migration: string | undefined;

  constructor(message: string, options: ErrorOptions & { migration?: string } = {}) {
    super(message, options);
    this.migration = options.migration;
  }
}

/** How migrations are applied. */
export interface MigrateOptions {
  /** Told of each migration that is applied. */
  log?: ((message: string) => void) | undefined;
  /** Folder of the migrations, for tests; default ours. */
  folder?: string | undefined;
}

/** What migrating has done. */
export interface MigrateResult {
  /** Names of the migrations that this call applied. */
  applied: string[];
  /** Names in the database that this version does not have: it was migrated by a newer one. */
  unknown: string[];
}

interface Migration {
  name: string;
  sql: string;
}

/**
 * Applies the migrations that the database lacks, in the order of their names, each in a transaction of its own: one
 * that fails leaves nothing behind and can be run again. They are recorded in `_prisma_migrations` with Prisma's own
 * columns, checksums and lock, so that `prisma migrate deploy` and `status` agree. (Prisma's WebAssembly engine cannot
 * apply them itself: it cuts a script at every semicolon, also inside of a function's body.) Processes that start
 * together wait for each other.
 * @throws MigrationError when PostgreSQL is older than 15, a script fails, or an applied migration was edited since.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<MigrateResult> {
  const migrations = await readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  const client = new Client({ ...connectionConfig(url), application_name: "calsync migrate" });
  await client.connect();
  try {
    await refuseOldServer(client);
    await lock(client);
    await client.query(CREATE_TABLE);
    const recorded = await readRecords(client);
    const known = new Set(migrations.map((migration) => migration.name));
    const unknown = [...recorded.keys()].filter((name) => !known.has(name));
    for (const migration of migrations) refuseEdited(migration, recorded.get(migration.name));

    const applied: string[] = [];
    for (const migration of migrations) {
      if (recorded.has(migration.name)) continue;
      options.log?.(`applying migration ${migration.name}`);
      await apply(client, migration);
      applied.push(migration.name);
    }
    return { applied, unknown };
  } finally {
    await client.end();
  }
}

/** SHA-256 as Prisma computes it. Line ends do not count: git may have changed them on Windows. */
export function migrationChecksum(sql: string): string {
  return createHash("sha256").update(sql.replaceAll("\r\n", "\n")).digest("hex");
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      sql: await readFile(join(folder, name, "migration.sql"), "utf8"),
    })),
  );
}

async function refuseOldServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version",
  );
  if (Number(rows[0]?.number) < OLDEST_SERVER) {
    throw new MigrationError(
      `This is PostgreSQL ${rows[0]?.version}; calsync needs 15 or newer. Upgrade the server, or unset DATABASE_URL to use the one that comes with calsync.`,
    );
  }
}

async function lock(client: Client): Promise<void> {
  await client.query(`SET lock_timeout = ${LOCK_LIMIT_MS}`);
  try {
    await client.query("SELECT pg_advisory_lock($1)", [PRISMA_MIGRATION_LOCK]);
  } catch (cause) {
    throw new MigrationError(
      `Another process has been migrating this database for more than ${LOCK_LIMIT_MS / 1000} s. Wait for it, or end it, and try again.`,
      { cause },
    );
  }
  // A migration that alters a busy table may wait longer than that for the table.
  await client.query("SET lock_timeout = 0");
}

/** Prisma's own definition of its table. */
const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`;

/** Checksums of what counts as applied, by name. */
async function readRecords(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(`
    SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
    FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY started_at`);
  const failed = rows.find((row) => !row.finished);
  if (failed !== undefined) {
    throw new MigrationError(
      `Migration ${failed.name} was begun by another tool and did not finish. Look at what it has left, put it right, then mark it: prisma migrate resolve --rolled-back ${failed.name} (or --applied).`,
      { migration: failed.name },
    );
  }
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function refuseEdited(migration: Migration, recorded: string | undefined): void {
  if (recorded === undefined || recorded === migrationChecksum(migration.sql)) return;
  // Prisma on Windows may have recorded the checksum of the file with CRLF.
  const withCrlf = migration.sql.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n");
  if (recorded === createHash("sha256").update(withCrlf).digest("hex")) return;
  throw new MigrationError(
    `Migration ${migration.name} was edited after this database had applied it. Restore the file and put the change into a new migration; for a database that holds nothing of worth, forget it and start anew (npm run reset).`,
    { migration: migration.name },
  );
}

async function apply(client: Client, migration: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), migrationChecksum(migration.sql), migration.name],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw new MigrationError(
      `Migration ${migration.name} failed and was taken back: ${describe(cause, migration.sql)}`,
      { migration: migration.name, cause },
    );
  }
}

/** PostgreSQL's message with the line it points at. */
function describe(error: unknown, sql: string): string {
  const { message, position, detail, hint } = error as {
    message: string;
    position?: string;
    detail?: string;
    hint?: string;
  };
  const line = position === undefined ? "" : ` (line ${sql.slice(0, Number(position)).split("\n").length})`;
  return [`${message}${line}`, detail, hint].filter((part) => part !== undefined).join(". ");
}
