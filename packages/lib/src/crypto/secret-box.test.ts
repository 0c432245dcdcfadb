import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSecretBox, SecretBoxError } from "./secret-box.ts";

const first = { id: "2026-01", key: randomBytes(32) };
const second = { id: "2026-07", key: randomBytes(32) };
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error instanceof SecretBoxError ? error.code : error;
  }
  return "opened";
};

describe("createSecretBox", () => {
  const box = createSecretBox({ keys: [first], current: first.id });

  test("opens what it has sealed, and never seals the same text twice alike", () => {
    const sealed = box.encrypt('{"refreshToken":"ré🔑"}', "credential:7:google");
    expect(sealed).toMatch(/^2026-01\.[\w-]{16}\.[\w-]{22}\.[\w-]+$/);
    expect(sealed).not.toContain("refreshToken");
    expect(box.decrypt(sealed, "credential:7:google")).toBe('{"refreshToken":"ré🔑"}');
    expect(box.encrypt("a", "b")).not.toBe(box.encrypt("a", "b"));
  });

  test("does not open a secret that was copied to another row", () => {
    const sealed = box.encrypt("token", "credential:7:google");
    expect(codeOf(() => box.decrypt(sealed, "credential:8:google"))).toBe("tampered");
  });

  test("does not open a secret of which any part was changed", () => {
    const sealed = box.encrypt("token", "aad");
    const parts = sealed.split(".");
    for (const index of [1, 2, 3]) {
      const bytes = Buffer.from(parts[index] ?? "", "base64url");
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      const changed = parts.with(index, bytes.toString("base64url")).join(".");
      expect(codeOf(() => box.decrypt(changed, "aad"))).toBe("tampered");
    }
    expect(codeOf(() => box.decrypt(parts.with(2, "AAAA").join("."), "aad"))).toBe("malformed");
    expect(codeOf(() => box.decrypt("nonsense", "aad"))).toBe("malformed");
  });

  test("keys rotate: the old one still opens, the new one seals, and what is left to do can be told", () => {
    const old = box.encrypt("token", "aad");
    const rotating = createSecretBox({ keys: [first, second], current: second.id });

    expect(rotating.decrypt(old, "aad")).toBe("token");
    expect(rotating.needsRotation(old)).toBe(true);
    const anew = rotating.encrypt(rotating.decrypt(old, "aad"), "aad");
    expect(rotating.needsRotation(anew)).toBe(false);
    const done = createSecretBox({ keys: [second], current: second.id });
    expect(done.decrypt(anew, "aad")).toBe("token");
    expect(codeOf(() => done.decrypt(old, "aad"))).toBe("unknown_key");
  });

  test("refuses keys that cannot work, and says why", () => {
    const short = { id: "a", key: randomBytes(16) };
    expect(() => createSecretBox({ keys: [short], current: "a" })).toThrow("has 16 bytes and needs 32");
    expect(() => createSecretBox({ keys: [first], current: "b" })).toThrow('"b" is not among the keys');
    expect(() => createSecretBox({ keys: [first, first], current: first.id })).toThrow("two encryption keys");
    expect(() => createSecretBox({ keys: [{ ...first, id: "a.b" }], current: "a.b" })).toThrow("unfit");
  });
});
