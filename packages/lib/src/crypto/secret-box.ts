import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** An encryption key and the name that marks what it has encrypted. */
export interface SecretBoxKey {
  /** Letters, digits, `_` and `-`; never used again for another key. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** The keys of a secret box. */
export interface SecretBoxOptions {
  /** Every key that something stored may still be encrypted with. */
  keys: SecretBoxKey[];
  /** Id of the key that encrypts from now on. */
  current: string;
}

/** Encrypts what is stored and must stay secret when the database is read by others. */
export interface SecretBox {
  /**
   * @param plaintext any text; encrypt JSON as text.
   * @param associatedData says what the secret belongs to (`credential:7:google`). It is not stored, and the same must be
   *   given to decrypt: a secret that was copied to another row does not open there.
   * @returns `keyId.iv.tag.ciphertext`, the last three in base64url.
   */
  encrypt(plaintext: string, associatedData: string): string;
  /** @throws SecretBoxError when it was changed, belongs to something else, or its key is not among ours. */
  decrypt(sealed: string, associatedData: string): string;
  /** Whether another key than the current one has encrypted it. */
  needsRotation(sealed: string): boolean;
}

/** A secret does not open. The message tells why, and nothing of the secret. */
export class SecretBoxError extends Error {
  override readonly name = "SecretBoxError";
  readonly code: "unknown_key" | "malformed" | "tampered";

  constructor(message: string, options: ErrorOptions & { code: SecretBoxError["code"] }) {
    super(message, options);
    this.code = options.code;
  }
}

const KEY_BYTES = 32;
/** What AES-GCM is made for; random ones are safe for 2^32 secrets per key (NIST SP 800-38D, 8.3). */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with named keys. To rotate: add a key and make it current, encrypt anew what `needsRotation`, then take
 * the old one out.
 * @throws Error when a key is not 32 bytes long, an id is unfit or given twice, or `current` names none of them.
 */
export function createSecretBox(options: SecretBoxOptions): SecretBox {
  const keys = new Map<string, Uint8Array>();
  for (const { id, key } of options.keys) {
    if (!/^[A-Za-z0-9_-]+$/.test(id)) {
      throw new Error(`The key id "${id}" is unfit: use letters, digits, "_" and "-".`);
    }
    if (key.byteLength !== KEY_BYTES) {
      throw new Error(
        `The encryption key "${id}" has ${key.byteLength} bytes and needs ${KEY_BYTES} (openssl rand -base64 32).`,
      );
    }
    if (keys.has(id)) throw new Error(`There are two encryption keys with the id "${id}".`);
    keys.set(id, key);
  }
  const currentKey = keys.get(options.current);
  if (currentKey === undefined)
    throw new Error(`The current encryption key "${options.current}" is not among the keys.`);

  return {
    encrypt(plaintext, associatedData) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", currentKey, iv);
      cipher.setAAD(Buffer.from(associatedData, "utf8"));
      const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return [
        options.current,
        ...[iv, cipher.getAuthTag(), ciphertext].map((part) => part.toString("base64url")),
      ].join(".");
    },
    decrypt(sealed, associatedData) {
      const parts = sealed.split(".");
      const [id = "", iv, tag, ciphertext] = parts.map((part, index) =>
        index === 0 ? part : Buffer.from(part, "base64url"),
      ) as [string, Buffer?, Buffer?, Buffer?];
      if (
        parts.length !== 4 ||
        iv?.length !== IV_BYTES ||
        tag?.length !== TAG_BYTES ||
        ciphertext === undefined
      ) {
        throw new SecretBoxError("The stored secret does not have the form keyId.iv.tag.ciphertext.", {
          code: "malformed",
        });
      }
      const key = keys.get(id);
      if (key === undefined) {
        throw new SecretBoxError(
          `The stored secret is encrypted with the key "${id}", which is not configured.`,
          { code: "unknown_key" },
        );
      }
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(associatedData, "utf8"));
        decipher.setAuthTag(tag);
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new SecretBoxError("The stored secret was changed, or belongs to something else.", {
          code: "tampered",
          cause,
        });
      }
    },
    needsRotation(sealed) {
      return sealed.slice(0, sealed.indexOf(".")) !== options.current;
    },
  };
}
