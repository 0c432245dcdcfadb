export { openTestDatabase, type TestDatabase, type TestDatabaseOptions } from "./test-database.ts";
export { setUpTestServer, type TestServer, type TestServerAddress } from "./test-server.ts";
