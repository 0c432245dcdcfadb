import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach } from "vitest";

/**
 * One database for the tests of a file, emptied before each of them, so that no job and no calendar of one is due in another;
 * `begin` then makes what each starts from. Called once, at the top of the file.
 */
export function onEmptyDatabase(begin: (database: TestDatabase) => Promise<void>): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  beforeEach(async () => {
    await database.empty();
    await begin(database);
  });
  afterAll(() => database?.drop());
}
