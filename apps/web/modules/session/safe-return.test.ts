import { describe, expect, it } from "vitest";
import { returnToSchema } from "./safe-return.ts";

describe("where signing in leads", () => {
  it("is the page that was asked for", () => {
    expect(returnToSchema.parse("/booking/1?x=a%20b#history")).toBe("/booking/1?x=a%20b#history");
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/a\tb",
    "",
    undefined,
    ["/a"],
  ])("is never another site: %j", (address) => {
    expect(returnToSchema.parse(address)).toBe("/bookings");
  });

  it("is not the login page itself", () => {
    expect(returnToSchema.parse("/login?returnTo=/x")).toBe("/bookings");
  });
});
