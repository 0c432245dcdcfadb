import { randomBytes } from "node:crypto";
import { createPrismaClient } from "../client.ts";
import type { PrismaClient } from "../generated/client.ts";
import { withDatabase } from "./database-url.ts";
import { runAsAdmin, type TestServerAddress } from "./test-server.ts";

/** A database of a test file's own, with every table and nothing in them but GlobalSetting's row. */
export interface TestDatabase {
  /** Connection string, for code that makes its own connections (workers, child processes). */
  url: string;
  /** A client with query events on. */
  prisma: PrismaClient;
  /**
   * Makes it as it was when it was made, some twenty times quicker than making another one, for a file whose tests must not
   * find each other's rows. Numbers go on where they were. Nothing else may use the database meanwhile.
   */
  empty(): Promise<void>;
  /** Closes `prisma` and drops the database; connections that others still hold are cut. */
  drop(): Promise<void>;
}

/** How a test's database differs from the usual one. */
export interface TestDatabaseOptions {
  /** False gives an empty database, for tests of migrations. Default true. */
  migrated?: boolean | undefined;
  /** Most connections of `prisma`; default 10. */
  maxConnections?: number | undefined;
}

/**
 * Deletes the rows of every table, jobs among them. A superuser does without the checks of keys, row by row and in any order;
 * on a server of one's own, where the tests' user is none, everything is truncated, which takes ten times longer.
 */
const EMPTY = `
DO $$
DECLARE names text[];
BEGIN
  SELECT array_agg(format('%I.%I', schemaname, tablename)) INTO names FROM pg_tables
   WHERE (schemaname = 'public' AND tablename <> '_prisma_migrations') OR tablename = '_private_jobs';
  BEGIN
    SET LOCAL session_replication_role = replica;
    FOR i IN 1..cardinality(names) LOOP EXECUTE 'DELETE FROM ' || names[i]; END LOOP;
    SET LOCAL session_replication_role = origin;
  EXCEPTION WHEN insufficient_privilege THEN
    ALTER TABLE "ChangeRecord" DISABLE TRIGGER USER;
    EXECUTE 'TRUNCATE ' || array_to_string(names, ', ');
    ALTER TABLE "ChangeRecord" ENABLE TRIGGER USER;
  END;
  INSERT INTO "GlobalSetting" ("id", "updatedAt") VALUES (1, now());
END $$`;

/** Clones the run's template database. */
export async function openTestDatabase(
  server: TestServerAddress,
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const name = `calsync_test_${process.pid}_${randomBytes(4).toString("hex")}`;
  const source = options.migrated === false ? "template0" : server.template;
  await runAsAdmin(server.adminUrl, [`CREATE DATABASE "${name}" TEMPLATE "${source}"`]);
  const url = withDatabase(server.adminUrl, name);
  const prisma = createPrismaClient({
    url,
    queryEvents: true,
    applicationName: "calsync test",
    maxConnections: options.maxConnections,
  });
  return {
    url,
    prisma,
    async empty() {
      await prisma.$executeRawUnsafe(EMPTY);
    },
    async drop() {
      await prisma.$disconnect();
      await runAsAdmin(server.adminUrl, [`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`]);
    },
  };
}
