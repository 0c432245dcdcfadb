import type { PrismaClient } from "@calsync/prisma";

/** What has been done to the database's structure, as Prisma's own table records it. */
export const migrationRepository = {
  /** Names of the migrations that were applied; none when the database is empty. */
  async applied(prisma: PrismaClient): Promise<Set<string>> {
    const [found] = await prisma.$queryRaw<{ exists: boolean }[]>`
      SELECT to_regclass('"_prisma_migrations"') IS NOT NULL AS "exists"`;
    if (!found?.exists) return new Set();
    const rows = await prisma.$queryRaw<{ migration_name: string }[]>`
      SELECT "migration_name" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL`;
    return new Set(rows.map((row) => row.migration_name));
  },
};
