import { AppError, type CalendarError, isCalendarError } from "@calsync/lib";
import type {
  AccountGrant,
  CalendarProvider,
  ConnectProblem,
  CredentialSecret,
  FormOutcome,
  FormRequest,
} from "@calsync/types";
import { credentialRepository } from "../repositories/CredentialRepository.ts";
import { ownConnection } from "./calendar-choices.ts";
import { openSecret } from "./credential-secret.ts";
import type { ConnectionServiceOptions } from "./dependencies.ts";
import { providerOf, settingsOf } from "./known-provider.ts";
import { storeGrant } from "./store-grant.ts";

/** What a person has filled into a provider's form: text by the fields' names. */
export type FormValues = Readonly<Record<string, string>>;

/**
 * Connects an account by what was filled into its provider's form, after the provider has accepted it. An account that the user
 * has connected already gets the new secret.
 * @returns the connection's id
 * @throws AppError `provider_not_found`, `provider_without_form`, `provider_not_configured`, `provider_unavailable`, and a code
 *   of CONNECT_PROBLEM_CODES with the fields that it is about
 */
export async function connectByForm(
  options: ConnectionServiceOptions,
  userId: number,
  slug: string,
  values: FormValues,
): Promise<number> {
  const provider = await providerOf(options, slug);
  const grant = await ask(options, provider, { userId, values, stored: null });
  return store(options, userId, slug, grant);
}

/**
 * Gives a connected account a new password, token or address. Values that are left out stay as they are.
 * @throws AppError as {@link connectByForm}; `connection_not_found`; `other_account` when what was filled in opens another account
 */
export async function reconnectByForm(
  options: ConnectionServiceOptions,
  userId: number,
  connectionId: number,
  values: FormValues,
): Promise<void> {
  const credential = await ownConnection(options, userId, connectionId);
  const provider = await providerOf(options, credential.provider);
  const stored = openSecret(options.secretBox, credential);
  const grant = await ask(options, provider, { userId, values, stored });
  if (grant.accountId !== credential.accountId) {
    throw new AppError(
      "conflict",
      "other_account",
      "This opens another account than the one to be connected again.",
      {
        hint: "Connect it as an account of its own, or fill in what belongs to this one.",
      },
    );
  }
  await store(options, userId, credential.provider, grant);
}

async function store(
  options: ConnectionServiceOptions,
  userId: number,
  provider: string,
  grant: AccountGrant,
): Promise<number> {
  const credentialId = await storeGrant(options, userId, provider, grant);
  options.log.info({ provider, userId, credentialId }, "an account was connected");
  return credentialId;
}

async function ask(
  options: ConnectionServiceOptions,
  provider: CalendarProvider,
  { userId, values, stored }: { userId: number; values: FormValues; stored: CredentialSecret | null },
): Promise<AccountGrant> {
  const { prisma, now, log } = options;
  const { metadata } = provider;
  const form = metadata.form;
  if (!provider.form || !form) {
    throw new AppError("invalid", "provider_without_form", `${metadata.name} is not connected by a form.`, {
      hint: "POST /v1/connections/{provider}/authorize leads to its consent page.",
    });
  }
  const known = new Set(form.fields.map(({ name }) => name));
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw refusal(
      unknown.map(
        (field): ConnectProblem => ({
          code: "field_invalid",
          field,
          message: `${metadata.name} has no field of this name; it has: ${[...known].join(", ")}.`,
        }),
      ),
    );
  }
  const timeZone = (await credentialRepository.timeZoneOfUser(prisma, userId)) ?? "UTC";
  const flow = provider.form({ settings: settingsOf(options, metadata), now, log });
  const outcome = await connect(flow.connect.bind(flow), { values, stored, timeZone });
  if ("grant" in outcome) return outcome.grant;
  // The codes alone: what people type can be a password in the wrong field.
  log.info(
    { provider: metadata.slug, userId, problems: outcome.problems.map(({ code }) => code) },
    "an account was not connected",
  );
  throw refusal(outcome.problems);
}

async function connect(
  flow: (request: FormRequest) => Promise<FormOutcome>,
  request: FormRequest,
): Promise<FormOutcome> {
  try {
    return await flow(request);
  } catch (cause) {
    throw isCalendarError(cause) ? unavailable(cause) : cause;
  }
}

function unavailable(cause: CalendarError): AppError {
  return new AppError(
    "unavailable",
    "provider_unavailable",
    `The account was not connected: ${cause.message}.`,
    {
      hint: "Try again in a few minutes.",
      cause,
    },
  );
}

/** All problems as one refusal, named by the first. */
function refusal(problems: readonly ConnectProblem[]): AppError {
  const [first] = problems;
  if (!first) throw new Error("a refusal without a problem");
  return new AppError("invalid", first.code, first.message, {
    hint: first.hint,
    errors: problems.flatMap(({ field, message }) => (field === null ? [] : { path: field, message })),
  });
}
