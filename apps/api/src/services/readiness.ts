import { readdir } from "node:fs/promises";
import type { PrismaClient } from "@calsync/prisma";
import { MIGRATIONS_FOLDER } from "@calsync/prisma/migrate";
import { migrationRepository } from "../repositories/MigrationRepository.ts";

/** Whether a process can do its work. */
export interface Readiness {
  ok: boolean;
  checks: Record<"database" | "migrations", { ok: boolean; detail: string }>;
}

/** Asks the database, and compares its migrations with those that this version ships. */
export async function checkReadiness(prisma: PrismaClient): Promise<Readiness> {
  const unreachable = { ok: false, detail: "cannot be reached" };
  let applied: Set<string>;
  try {
    applied = await migrationRepository.applied(prisma);
  } catch {
    return { ok: false, checks: { database: unreachable, migrations: { ok: false, detail: "unknown" } } };
  }
  const shipped = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true });
  const missing = shipped.filter((entry) => entry.isDirectory() && !applied.has(entry.name));
  const migrations =
    missing.length === 0
      ? { ok: true, detail: "up to date" }
      : { ok: false, detail: `${missing.length} to apply; run: calsync migrate` };
  return { ok: migrations.ok, checks: { database: { ok: true, detail: "answers" }, migrations } };
}
