import type { Options } from "tsup";

/** Build settings shared by every library: ESM for Node.js, one output per entry, declarations come from tsc. */
export function libraryConfig(entry: string[], overrides: Options = {}): Options {
  return {
    entry,
    format: "esm",
    target: "node22",
    platform: "node",
    splitting: true,
    sourcemap: true,
    clean: true,
    dts: false,
    ...overrides,
  };
}
