import { CalendarError } from "@calsync/lib";
import type { CredentialSecret, DelegationKey, OAuthGrant, ServiceDependencies } from "@calsync/types";
import * as z from "zod";
import { parseJson } from "../parse-json.ts";
import type { TokenAnswer, TokenRefusal } from "./token-endpoint.ts";

/** The token that calls are made with, and how long it is good for. */
export const accessSchema = z.object({
  accessToken: z.string().min(1),
  /** When the access token ends, by `expires_in` of the token answer (ISO 8601 in UTC). */
  accessTokenExpiresAt: z.iso.datetime(),
});

/**
 * What is stored for an account that an administrator has opened: whom it stands for. `delegation` is the organisation's key,
 * which is handed in beside it and never stored with it.
 */
export function delegatedSchema<Key extends z.ZodType>(key: Key) {
  return accessSchema.partial().extend({ subject: z.email(), delegation: key });
}

/** A stored credential without what it consents to: an account that an administrator has opened. */
export interface Delegated {
  subject: string;
}

/** Whether an administrator has opened the account; otherwise its user has consented. */
export function isDelegated<C extends object>(credential: C): credential is Extract<C, Delegated> {
  return "subject" in credential;
}

/**
 * Reads a stored secret.
 * @param provider its name, for people
 * @throws CalendarError CREDENTIAL_INVALID when it is not one of ours: connecting again replaces it
 */
export function parseStored<Consented, DelegatedOne>(
  secret: CredentialSecret,
  schemas: { consented: z.ZodType<Consented>; delegated: z.ZodType<DelegatedOne> },
  provider: string,
): Consented | DelegatedOne {
  const parsed = ("subject" in secret ? schemas.delegated : schemas.consented).safeParse(secret);
  if (parsed.success) return parsed.data as Consented | DelegatedOne;
  // The problem's paths only: its messages could repeat parts of the secret.
  const fields = parsed.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new CalendarError(
    "CREDENTIAL_INVALID",
    `the stored ${provider} credential is incomplete (${fields})`,
  );
}

/** Tokens as every token endpoint names them. */
export interface AccessTokens {
  access_token: string;
  expires_in: number;
}

/** What is held of an access token. */
export function accessOf(tokens: AccessTokens, now: Date): z.output<typeof accessSchema> {
  return {
    accessToken: tokens.access_token,
    accessTokenExpiresAt: new Date(now.getTime() + tokens.expires_in * 1_000).toISOString(),
  };
}

/**
 * The tokens of a renewal's answer. Both outcomes are logged, without anything secret.
 * @param provider its name, for people
 * @throws CalendarError what `toError` makes of a refusal
 */
export function renewedTokens<Tokens extends AccessTokens>(
  answer: TokenAnswer<Tokens>,
  provider: string,
  log: ServiceDependencies["log"],
  toError: (refusal: TokenRefusal) => CalendarError,
): Tokens {
  if (answer.type === "refused") {
    const { cause, reason, status } = answer;
    log.warn({ cause, reason, status }, `${provider} refused to renew an access token`);
    throw toError(answer);
  }
  log.debug({ expiresInSeconds: answer.tokens.expires_in }, `an access token of ${provider} was renewed`);
  return answer.tokens;
}

/** What connects an account that an administrator has opened. The organisation's key stays out: it is stored once. */
export function delegatedGrant(
  { delegation: _, ...secret }: { subject: string; delegation: unknown },
  subject: string,
): OAuthGrant {
  return {
    secret,
    // A token that was asked for in somebody's name names no account; the address is the administrator's to give and to take.
    accountId: `delegated:${subject}`,
    accountEmail: subject,
    missingScopes: [],
  };
}

/**
 * Reads an organisation's key file.
 * @param whatToGive how the sentence about a file that is none goes on, after the fields that are wrong
 * @throws CalendarError INVALID_REQUEST
 */
export function readKeyFile<Key extends DelegationKey["key"]>(
  text: string,
  schema: z.ZodType<Key>,
  { whatItIsNot, whatToGive }: { whatItIsNot: string; whatToGive: string },
): Key {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map((issue) => issue.path.join(".") || "the file"));
  throw new CalendarError(
    "INVALID_REQUEST",
    `this is not ${whatItIsNot} (${[...fields].join(", ")})${whatToGive}`,
  );
}
