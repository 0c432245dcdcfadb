import { expect, test } from "vitest";
import { mergeSecret } from "./merge-secret.ts";

const stored = { accessToken: "old", refreshToken: "lasting", expiresAt: 1 };

test("a refresh token is never replaced by nothing", () => {
  for (const refreshToken of [undefined, null, ""]) {
    expect(mergeSecret(stored, { accessToken: "new", refreshToken, expiresAt: 2 })).toEqual({
      accessToken: "new",
      refreshToken: "lasting",
      expiresAt: 2,
    });
  }
});

test("a new refresh token replaces the stored one", () => {
  expect(mergeSecret(stored, { accessToken: "new", refreshToken: "newer", expiresAt: 0 })).toEqual({
    accessToken: "new",
    refreshToken: "newer",
    expiresAt: 0,
  });
});
