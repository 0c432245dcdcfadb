import { expect, test } from "vitest";
import { isOwnPath } from "./return-to.ts";

test("paths of the web app may be returned to", () => {
  for (const path of ["/", "/settings/calendars", "/settings/calendars?tab=2#x"])
    expect(isOwnPath(path)).toBe(true);
});

test("nothing that leads to another origin may be returned to", () => {
  for (const path of [
    "",
    "settings",
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/a\nb",
    "/\t/evil.example",
    `/${"a".repeat(600)}`,
  ]) {
    expect(isOwnPath(path), path).toBe(false);
  }
});
