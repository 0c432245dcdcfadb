import { createHmac, timingSafeEqual } from "node:crypto";

/** Whom a token belongs to: one guest of one booking. */
export interface GuestIdentity {
  uid: string;
  email: string;
}

/** Makes and checks the secrets with which guests, who have no account, reach their booking. */
export interface GuestTokens {
  /** The guest's token: the same each time, so that mails can link to the booking although no token is stored anywhere. */
  tokenFor(guest: GuestIdentity): string;
  matches(token: string, guest: GuestIdentity): boolean;
}

/**
 * Tokens are an HMAC-SHA256 over booking and address: nothing in the database gives one away, and guests who share an
 * appointment each have their own.
 *
 * @param keys at least 32 characters each. The first one signs; all are accepted, so that links in old mails outlive a change of key.
 * @throws RangeError when there is no key, or one is too short
 */
export function createGuestTokens(keys: readonly string[]): GuestTokens {
  const [current] = keys;
  if (current === undefined || keys.some((key) => key.length < 32)) {
    throw new RangeError("Guest tokens need at least one key, each of 32 characters or more.");
  }
  const sign = (key: string, { uid, email }: GuestIdentity) =>
    createHmac("sha256", key).update(`guest-token\n${uid.toLowerCase()}\n${email.toLowerCase()}`).digest();
  return {
    tokenFor: (guest) => sign(current, guest).toString("base64url"),
    matches(token, guest) {
      const given = Buffer.from(token, "base64url");
      return keys.some((key) => {
        const expected = sign(key, guest);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
}
