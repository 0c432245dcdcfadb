import { describe, expect, test } from "vitest";
import { isFitNode } from "./toolchain.mjs";

describe("isFitNode", () => {
  test.each(["v22.18.0", "22.30.1", "v24.0.0", "v26.3.0", "v28.0.0"])("takes %s", (version) => {
    expect(isFitNode(version)).toBe(true);
  });

  test.each(["v18.20.0", "v20.20.2", "v22.17.9", "v23.11.0", "v25.1.0", "", "not a version"])(
    "brings another one instead of %s",
    (version) => {
      expect(isFitNode(version)).toBe(false);
    },
  );
});
