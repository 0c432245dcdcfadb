import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MIGRATIONS_FOLDER, MigrationError, migrate, migrationChecksum } from "./migrate.ts";
import { createTestDatabase } from "./testing/injected.test-support.ts";
import type { TestDatabase } from "./testing/test-database.ts";

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase({ migrated: false });
  folder = await mkdtemp(join(tmpdir(), "calsync-migrations-"));
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function write(name: string, sql: string) {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "migration.sql"), sql);
}
const failure = async (run: Promise<unknown>) =>
  (await run.catch((error: unknown) => error)) as MigrationError;

describe("migrate", () => {
  test("applies every migration to an empty database, and none the second time", async () => {
    const first = await migrate(database.url);
    const second = await migrate(database.url);

    expect(first.applied.slice(0, 2)).toEqual(["20261121000000_init", "20261121000100_database_guarantees"]);
    expect(second).toEqual({ applied: [], unknown: [] });
    expect(await database.prisma.globalSetting.count()).toBe(1);
  });

  test("records what it did as Prisma does", async () => {
    await write("1_a", "CREATE TABLE a (id int);\n");

    await migrate(database.url, { folder });

    const rows = await database.prisma.$queryRaw`SELECT * FROM "_prisma_migrations"`;
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        // printf 'CREATE TABLE a (id int);\n' | sha256sum
        checksum: "c2de7559380e5ebf65caa7d59e166558e80243cf7e70006cc98d1593d94203c1",
        migration_name: "1_a",
        started_at: expect.any(Date),
        finished_at: expect.any(Date),
        rolled_back_at: null,
        logs: null,
        applied_steps_count: 1,
      },
    ]);
  });

  test("five processes that migrate at the same moment apply each migration once", async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)));
    expect(results.filter((result) => result.applied.length > 0)).toHaveLength(1);
  });

  test("a migration that fails leaves nothing behind, says where, and runs again once it is put right", async () => {
    await write("1_a", "CREATE TABLE a (id int);");
    await write("2_b", "CREATE TABLE b (id int);\nALTER TABLE nowhere ADD COLUMN c int;");

    const error = await failure(migrate(database.url, { folder }));
    expect(error).toBeInstanceOf(MigrationError);
    expect(error.migration).toBe("2_b");
    expect(error.message).toContain('relation "nowhere" does not exist');

    await write("2_b", "CREATE TABLE b (id int);");
    expect(await migrate(database.url, { folder })).toMatchObject({ applied: ["2_b"] });
  });

  test("an applied migration that was edited since is refused; other line ends are no edit", async () => {
    await write("1_a", "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n");
    await migrate(database.url, { folder });

    await write("1_a", "CREATE TABLE a (id int);\r\nCREATE TABLE b (id int);\r\n");
    expect((await migrate(database.url, { folder })).applied).toEqual([]);
    await write("1_a", "CREATE TABLE a (id bigint);\nCREATE TABLE b (id int);\n");
    const error = await failure(migrate(database.url, { folder }));
    expect(error.message).toContain("1_a was edited after this database had applied it");
  });

  test("a migration that another tool left unfinished is reported with the way out", async () => {
    await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
    await migrate(database.url, { folder });
    await database.prisma.$executeRaw`UPDATE "_prisma_migrations" SET finished_at = NULL`;

    const error = await failure(migrate(database.url, { folder }));

    expect(error.message).toContain("prisma migrate resolve --rolled-back 20261121000000_init");
  });

  test("a database that a newer version has migrated is used as it is", async () => {
    await write("1_a", "CREATE TABLE a (id int);");
    await write("2_b", "CREATE TABLE b (id int);");
    await migrate(database.url, { folder });
    await rm(join(folder, "2_b"), { recursive: true });

    expect(await migrate(database.url, { folder })).toEqual({ applied: [], unknown: ["2_b"] });
  });
});

test("a checksum does not depend on line ends", () => {
  expect(migrationChecksum("a\r\nb\r\n")).toBe(migrationChecksum("a\nb\n"));
});
