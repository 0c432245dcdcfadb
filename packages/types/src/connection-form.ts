import type { CredentialSecret } from "./credential.ts";

/** One field of a form by which an account is connected. */
export interface ConnectionField {
  /** Key of its value in what is sent back, and in problems. */
  name: string;
  label: string;
  /** How it is typed: a password is hidden, an address gets the keyboard for one. */
  kind: "text" | "url" | "password";
  /** A sentence for whoever fills it in. */
  help?: string;
  placeholder?: string;
  required: boolean;
  /**
   * Whether it opens the account. Such a field is never shown again, and is asked for anew when the account is connected again;
   * the others keep what is stored.
   */
  secret: boolean;
}

/** What a person fills in to connect an account by a password, a token or an address. Pages draw it whatever the provider. */
export interface ConnectionForm {
  /** What to do before filling it in, in plain text. */
  help: string;
  fields: readonly ConnectionField[];
  /** Pages of the provider where that is done or explained. */
  links: readonly { label: string; url: string }[];
}

/** Why an account was not connected, as a closed list: one code for each thing that a person can do about it. */
export const CONNECT_PROBLEM_CODES = [
  /** A field is empty or cannot be what it should be. Nobody was called. */
  "field_invalid",
  /** The provider refuses the password or token. */
  "secret_refused",
  /** The address has no https, or its host is not on the public internet, and the operator has not allowed it. */
  "address_not_allowed",
  /** There is no such host, or it does not answer. */
  "address_unreachable",
  /** Something answers at the address, but it is not what this provider connects to. */
  "address_not_a_calendar",
  /** The account is known and lacks a right that sync cannot do without. */
  "permission_missing",
] as const;

/** What can be wrong with what was filled in. */
export type ConnectProblemCode = (typeof CONNECT_PROBLEM_CODES)[number];

/** One reason why an account was not connected. Holds no secret: it is shown to the person. */
export interface ConnectProblem {
  code: ConnectProblemCode;
  /** The field that it is about; null for the form as a whole. */
  field: string | null;
  /** A whole sentence. */
  message: string;
  /** What to do about it, as a sentence. */
  hint?: string;
}

/** An account that the provider has opened to us. */
export interface AccountGrant {
  secret: CredentialSecret;
  /** The provider's lasting id of the account (never the address, which can change). */
  accountId: string;
  accountEmail: string | null;
  /** What its user knows the account by, where it has no address. */
  accountName?: string | null;
}

/** A form that was filled in, to be connected by. */
export interface FormRequest {
  /** What was filled in, by the fields' names. */
  values: Readonly<Record<string, string>>;
  /** The account's secret when it is connected again: values that are left out stay as they are in it. Null for a new account. */
  stored: CredentialSecret | null;
  /** The IANA zone of the user who connects. */
  timeZone: string;
}

/** The account, or at least one reason why there is none. */
export type FormOutcome =
  | { grant: AccountGrant }
  | { problems: readonly [ConnectProblem, ...ConnectProblem[]] };

/** Connecting by what a person fills into the provider's {@link ConnectionForm}. */
export interface FormFlow {
  /**
   * Checks the values, and proves them by really connecting.
   * @throws CalendarError only for what is nobody's fault and may pass: CALENDAR_API_ERROR, RATE_LIMIT_EXCEEDED
   */
  connect(request: FormRequest): Promise<FormOutcome>;
}
