export type { TestDatabase, TestDatabaseOptions } from "@calsync/prisma/testing";
export { createTestDatabase } from "./database/create-test-database.ts";
