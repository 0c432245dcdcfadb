import { inject } from "vitest";
import { openTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./test-database.ts";

declare module "vitest" {
  interface ProvidedContext {
    calsyncTestServer: { adminUrl: string; template: string };
  }
}

/** For this package's own tests, which cannot import @calsync/testing because that package imports this one. */
export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  return openTestDatabase(inject("calsyncTestServer"), options);
}
