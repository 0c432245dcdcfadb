import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** scrypt's costs: 32 MB and a tenth of a second or two per try (OWASP's password storage cheat sheet, N = 2^15, r = 8, p = 3). */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Longer ones are refused: hashing megabytes would be a way to keep the server busy. */
const LONGEST_PASSWORD = 1024;

/**
 * Hashes a password with a salt of its own.
 * @returns `scrypt$N$r$p$salt$hash`, the last two in base64url: costs can be raised later and old hashes still checked.
 * @throws RangeError when the password has more than 1024 characters.
 */
export async function hashPassword(password: string): Promise<string> {
  if (password.length > LONGEST_PASSWORD) {
    throw new RangeError(`A password may have at most ${LONGEST_PASSWORD} characters.`);
  }
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Whether `stored` is the hash of `password`. False as well when `stored` is no hash of ours. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, N, r, p, salt, hash] = stored.split("$");
  if (scheme !== "scrypt" || !salt || !hash || password.length > LONGEST_PASSWORD) return false;
  const expected = Buffer.from(hash, "base64url");
  try {
    const actual = await derive(password, Buffer.from(salt, "base64url"), expected.length, {
      N: Number(N),
      r: Number(r),
      p: Number(p),
    });
    return actual.length > 0 && timingSafeEqual(actual, expected);
  } catch {
    // Costs that scrypt does not accept: not ours.
    return false;
  }
}

function derive(
  password: string,
  salt: Buffer,
  bytes: number,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  // The same letter can be typed in two ways (é as one character or as two); both are the same password.
  const normalised = password.normalize("NFC");
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(normalised, salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
