import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { loadProvider, providers } from "./index.ts";

describe("the registry of providers", () => {
  test("it lists every provider's metadata under its slug and loads its code on demand", {
    timeout: 60_000,
  }, async () => {
    expect(providers.map(({ slug }) => slug)).toContain("googlecalendar");
    for (const metadata of providers) {
      const provider = await loadProvider(metadata.slug);
      expect(provider.metadata).toEqual(metadata);
      if (metadata.auth === "oauth") expect(provider.oauth, metadata.slug).toBeDefined();
      else expect(metadata.form, metadata.slug).toBeDefined();
      expect(provider.form !== undefined, metadata.slug).toBe(metadata.form !== undefined);
    }
  });

  test.each(["nosuchcalendar", "constructor", ""])(
    "there is no provider %j, and the error says which there are",
    async (slug) => {
      await expect(loadProvider(slug)).rejects.toThrow(/there are: .*googlecalendar/);
    },
  );

  test("the generated file is up to date with the folders", async () => {
    const script = fileURLToPath(new URL("scripts/generate-registry.mjs", import.meta.url));
    await promisify(execFile)(process.execPath, [script, "--check"]);
  });
});
