import { defineConfig } from "@playwright/test";

/** What scripts/browser.mjs has found: a browser that starts on this machine. */
const browser: { executablePath?: string; env?: Record<string, string>; args?: string[] } = JSON.parse(
  process.env["E2E_BROWSER"] ?? "{}",
);

/**
 * The end-to-end tests of apps/web/e2e. `npm test` starts everything that they need on free ports and tells them where by
 * WEB_URL, API_URL, SANDBOX_URL and DATABASE_URL; against a running `npm start` set E2E_BROWSER and WEB_URL yourself.
 */
export default defineConfig({
  testDir: "apps/web/e2e",
  outputDir: "test-results",
  timeout: 120_000,
  // Longer than a call may have to wait for its turn below a provider's limit, and shorter than it takes until forgotten work is found.
  expect: { timeout: 40_000 },
  // One database, one demo host, one sandbox: the tests take turns.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  projects: [
    { name: "tests", testMatch: "**/*.spec.ts" },
    // Pictures for the documentation, made anew by hand: npm test -- --e2e --project=pictures
    { name: "pictures", testMatch: "**/*.picture.ts" },
  ],
  use: {
    baseURL: process.env["WEB_URL"] ?? "http://localhost:3000",
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      args: browser.args ?? [],
      ...(browser.executablePath ? { executablePath: browser.executablePath } : {}),
      // Playwright hands these to the browser in place of its own environment.
      env: { ...process.env, ...browser.env } as Record<string, string>,
    },
  },
});
