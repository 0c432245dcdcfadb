import { expect, test } from "vitest";
import { codeChallengeOf, createCodeVerifier } from "./pkce.ts";

test("the challenge of RFC 7636 appendix B is reproduced", () => {
  expect(codeChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
});

test("a verifier has 43 unreserved characters and never repeats", () => {
  const verifiers = new Set(Array.from({ length: 100 }, createCodeVerifier));
  expect(verifiers.size).toBe(100);
  for (const verifier of verifiers) expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
