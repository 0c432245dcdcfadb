import { setUpTestServer, type TestServerAddress } from "@calsync/prisma/testing";
import { runMigrations } from "graphile-worker";

/** What vitest hands to a global setup, as far as we use it (`TestProject`). */
interface VitestProject {
  provide(key: "calsyncTestServer", value: TestServerAddress): void;
}

/**
 * vitest's global setup for tests that talk to PostgreSQL: a server (DATABASE_URL when set, else an embedded one that
 * is gone afterwards) with a migrated template database, which `createTestDatabase` clones.
 */
export default async function setup(project: VitestProject): Promise<() => Promise<void>> {
  const server = await setUpTestServer({
    url: process.env["DATABASE_URL"],
    // The job queue's tables come from its own library, so that this package need not import @calsync/jobs, whose tests
    // import this one.
    extraMigrations: [(connectionString) => runMigrations({ connectionString })],
  });
  project.provide("calsyncTestServer", { adminUrl: server.adminUrl, template: server.template });
  return () => server.tearDown();
}
