// npm test: unit and database tests (vitest), then the browser end-to-end tests (Playwright), then `N passed, N failed`.
//
//   npm test -- packages/lib     only the unit and database tests whose path contains "packages/lib"
//   npm test -- --e2e            only the end-to-end tests; further words filter those
import { launch } from "./bootstrap.mjs";

await launch("run-tests.mjs", { build: process.argv.includes("--e2e") || process.argv.length <= 2 });
