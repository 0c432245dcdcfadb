import { createHash } from "node:crypto";
import type { IdempotencyKey } from "@calsync/types";

const BASE32HEX = "0123456789abcdefghijklmnopqrstuv";

/**
 * The id of the event that a key makes, in the letters that Google accepts (`[a-v0-9]{5,1024}`, base32hex of RFC 4648
 * §7 in lower case). An id can never be inserted again once its event is gone for good; `generation` then gives the
 * next one, the same at every repetition.
 */
export function eventIdFor(key: IdempotencyKey, generation: number): string {
  const name = generation === 0 ? key : `${key}#${generation}`;
  return `cs${base32hex(createHash("sha256").update(`calsync:${name}`).digest())}`;
}

function base32hex(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32HEX[(value >> bits) & 31];
    }
  }
  if (bits > 0) text += BASE32HEX[(value << (5 - bits)) & 31];
  return text;
}
