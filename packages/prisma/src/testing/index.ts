export { countStatements, type StatementCount } from "./count-statements.ts";
export * from "./factories.ts";
export { openTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./test-database.ts";
export { setUpTestServer, type TestServer, type TestServerAddress } from "./test-server.ts";
