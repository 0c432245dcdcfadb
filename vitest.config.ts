import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const conditions = ["@calsync/source"];
// "import" must not be among them: workers get this list as Node.js conditions, and a require() would find ES modules.
const resolution = [...conditions, "node"];
const sources = {
  // The environment that global setups run in: without this they would look for workspace packages' built files.
  environments: { __vitest__: { resolve: { noExternal: [/^@calsync\//], conditions: resolution } } },
  resolve: { conditions: resolution },
  ssr: { resolve: { conditions: resolution } },
};
/** Said to each project, since they inherit nothing. More files at once than two cores: most tests wait more than they compute. */
const files = {
  pool: "forks" as const,
  maxWorkers: process.env["CALSYNC_TEST_WORKERS"] ? Number(process.env["CALSYNC_TEST_WORKERS"]) : 3,
};
const ignored = ["**/node_modules/**", "**/dist/**", "**/.next/**", "**/.calsync/**", "**/e2e/**"];

/** Starts PostgreSQL once and makes the template database, unless DATABASE_URL names a server to use instead. */
const databaseSetup = root("./packages/testing/src/global-setup.ts");

/**
 * Two projects: "unit" needs nothing and starts at once, "pg" holds the tests that talk to a real PostgreSQL
 * (`*.pg.test.ts`). Workspace packages resolve to their sources, so that no build is needed.
 */
export default defineConfig({
  ...sources,
  test: {
    passWithNoTests: false,
    projects: [
      {
        ...sources,
        extends: false,
        test: {
          ...files,
          name: "unit",
          isolate: false,
          environment: "node",
          // Long enough that a busy machine alone fails nothing.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          include: ["{apps,packages,scripts}/**/*.test.{ts,tsx,mjs}"],
          exclude: [...ignored, "**/*.pg.test.ts"],
        },
      },
      {
        ...sources,
        extends: false,
        test: {
          ...files,
          name: "pg",
          isolate: false,
          environment: "node",
          include: ["{apps,packages}/**/*.pg.test.ts"],
          exclude: ignored,
          globalSetup: existsSync(databaseSetup) ? [databaseSetup] : [],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
