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
  /** Closes `prisma` and drops the database; connections that others still hold are cut. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** False gives an empty database, for tests of migrations. Default true. */
  migrated?: boolean | undefined;
  /** Most connections of `prisma`; default 10. */
  maxConnections?: number | undefined;
}

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
    async drop() {
      await prisma.$disconnect();
      await runAsAdmin(server.adminUrl, [`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`]);
    },
  };
}
