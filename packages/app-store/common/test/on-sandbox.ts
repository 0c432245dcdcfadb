import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { afterAll, afterEach, beforeAll } from "vitest";

/**
 * One sandbox for the tests of a file, handed to `begin` before the first of them; no fault that a test has set outlives it.
 * Called once, at the top of the file.
 */
export function onSandbox(
  begin: (sandbox: Sandbox) => void | Promise<void>,
  options?: Parameters<typeof startSandbox>[0],
): void {
  let sandbox: Sandbox | undefined;
  beforeAll(async () => {
    sandbox = await startSandbox(options);
    await begin(sandbox);
  });
  afterEach(() => {
    sandbox?.google.faults.clear();
    sandbox?.notion.faults.clear();
  });
  afterAll(() => sandbox?.close());
}
