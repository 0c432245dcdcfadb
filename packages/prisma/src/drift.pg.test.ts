import { expect, test } from "vitest";
import { diagnoseMigrations, diffToSchema } from "../scripts/schema-engine.ts";
import { createTestDatabase } from "./testing/injected.test-support.ts";

test("the migrations and schema.prisma say the same", async () => {
  const database = await createTestDatabase();

  const difference = await diffToSchema(database.url);

  await database.drop();
  expect(difference, "write a migration: pnpm -F @calsync/prisma new-migration <name>").toBe("");
});

test("a difference is noticed", async () => {
  const database = await createTestDatabase();
  await database.prisma.$executeRaw`ALTER TABLE "Booking" DROP COLUMN "idempotencyKey"`;

  const difference = await diffToSchema(database.url);

  await database.drop();
  expect(difference).toContain('ADD COLUMN     "idempotencyKey" TEXT');
});

test("Prisma finds the migrations applied, unedited and finished", async () => {
  const database = await createTestDatabase();

  const diagnosis = await diagnoseMigrations(database.url);
  await database.prisma
    .$executeRaw`UPDATE "_prisma_migrations" SET checksum = 'other' WHERE migration_name LIKE '%_init'`;
  const edited = await diagnoseMigrations(database.url);

  await database.drop();
  expect(diagnosis).toMatchObject({
    history: null,
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
  });
  expect(edited.editedMigrationNames).toEqual(["20261121000000_init"]);
});
