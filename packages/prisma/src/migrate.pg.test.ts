import { afterEach, describe, expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { createTestDatabase } from "./testing/injected.test-support.ts";
import type { TestDatabase } from "./testing/test-database.ts";

describe("migrate", () => {
  let database: TestDatabase;
  afterEach(() => database.drop());

  test("applies every migration to an empty database, and none the second time", async () => {
    database = await createTestDatabase({ migrated: false });

    const first = await migrate(database.url);
    const second = await migrate(database.url);

    expect(first.applied[0]).toBe("20261121000000_init");
    expect(second).toEqual({ applied: [], unknown: [] });
    expect(await database.prisma.user.count()).toBe(0);
  });
});
