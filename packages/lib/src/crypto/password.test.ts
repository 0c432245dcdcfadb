import { describe, expect, test } from "vitest";
import { hashPassword, verifyPassword } from "./password.ts";
import { hashToken, randomToken, timingSafeEqualHash } from "./token.ts";

describe("passwords", () => {
  test("the right password is accepted and any other is not", async () => {
    const stored = await hashPassword("correct horse é");
    expect(stored).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verifyPassword("correct horse é", stored)).toBe(true);
    expect(await verifyPassword("correct horse e\u0301", stored), "typed with a combining accent").toBe(true);
    expect(await verifyPassword("correct horse", stored)).toBe(false);
  });

  test("two people with one password have different hashes", async () => {
    expect(await hashPassword("same")).not.toBe(await hashPassword("same"));
  });

  test("a stored text that is no hash lets nobody in", async () => {
    for (const stored of ["", "plain", "scrypt$1$1$1$$", "scrypt$3$8$1$AAAA$AAAA", "bcrypt$1$2$3$4$5"]) {
      expect(await verifyPassword("plain", stored)).toBe(false);
    }
  });
});

describe("tokens", () => {
  test("a token matches its own hash alone", () => {
    const token = randomToken();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(timingSafeEqualHash(token, hashToken(token))).toBe(true);
    expect(timingSafeEqualHash(randomToken(), hashToken(token))).toBe(false);
    expect(timingSafeEqualHash(token, new Uint8Array(3))).toBe(false);
  });
});
