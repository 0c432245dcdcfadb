import {
  openTestDatabase,
  type TestDatabase,
  type TestDatabaseOptions,
  type TestServerAddress,
} from "@calsync/prisma/testing";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the run's server is; provided by global-setup.ts. */
    calsyncTestServer: { adminUrl: string; template: string };
  }
}

/**
 * A database for one test file: a clone of the run's template, which takes some 30 ms. Call it in `beforeAll`, and its
 * `drop` in `afterAll`.
 * @throws Error when the test does not run in the vitest project "pg" (its file must end in `.pg.test.ts`).
 */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = inject("calsyncTestServer") as TestServerAddress | undefined;
  if (server === undefined) {
    throw new Error(
      "There is no test server: name the file *.pg.test.ts, so that it runs in the project 'pg'.",
    );
  }
  return openTestDatabase(server, options);
}
