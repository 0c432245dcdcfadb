import { isCalendarError } from "@calsync/lib";
import type { CredentialAccess, FormFlow, FormOutcome, ServiceDependencies } from "@calsync/types";
import * as z from "zod";
import { failedAttempt, invalidFields } from "../../common/form-problems.ts";
import { type CaldavCredential, credentialSchema, ownAddresses } from "./credential-schema.ts";
import { DavSession } from "./DavSession.ts";
import { discover, listCalendarsOf } from "./discovery.ts";
import { domainOf, findService, type ServiceDirectory, systemDirectory } from "./find-service.ts";
import { parseSettings } from "./settings.ts";

/** What sets one sort of CalDAV account apart from another, when it is connected. */
export interface CaldavPreset {
  /** The server of all its accounts; null when the form asks for it. */
  serverUrl: string | null;
  /** Where to look below the address that was filled in, beside the address itself. */
  paths?: readonly string[];
  /** What to do when the password is refused. */
  passwordHint: string;
}

type Dependencies = Omit<ServiceDependencies, "credential">;

/**
 * Connecting an account by its server, user name and password; what is left out is taken from the stored secret. The server may be
 * named by its address, or by a domain or mail address, of which DNS may say where its server is (RFC 6764).
 */
export function createFormFlow(
  preset: CaldavPreset,
  dependencies: Dependencies,
  directory: ServiceDirectory = systemDirectory(),
): FormFlow {
  const settings = parseSettings(dependencies.settings);
  return {
    async connect({ values, stored, timeZone }) {
      const before = credentialSchema.safeParse(stored).data;
      const read = valuesSchema(preset).safeParse({ ...before, ...filledIn(values) });
      if (!read.success) return invalidFields(read.error);
      const asksForServer = preset.serverUrl === null && preset.paths === undefined;
      const domain = asksForServer ? domainOf(values["serverUrl"] ?? "") : null;
      const service = domain === null ? null : await findService(domain, directory);
      const addresses = addressesOf(read.data.serverUrl, preset);
      if (service?.within) addresses.unshift(service.url);
      try {
        for (const [index, serverUrl] of addresses.entries()) {
          const candidate: CaldavCredential = {
            ...read.data,
            serverUrl,
            addresses: [],
            timeZone: before?.timeZone ?? timeZone,
          };
          const session = new DavSession({ ...dependencies, credential: held(candidate) }, settings);
          const account = await discover(session).catch((error: unknown) => {
            const elsewhere = index < addresses.length - 1 && isCalendarError(error, "CALENDAR_NOT_FOUND");
            if (elsewhere) return null;
            throw error;
          });
          if (!account) continue;
          // Discovery may be open to everybody where the calendars are not.
          await listCalendarsOf(session, account);
          const secret: CaldavCredential = { ...candidate, addresses: account.addresses };
          const address = ownAddresses(secret)[0] ?? null;
          return {
            grant: {
              secret,
              accountId: account.principalUrl,
              accountEmail: address,
              accountName: address === null ? `${secret.username} at ${new URL(serverUrl).host}` : null,
            },
          };
        }
      } catch (error) {
        if (!isCalendarError(error)) throw error;
        if (service && !service.within && isCalendarError(error, "CALENDAR_NOT_FOUND", "NETWORK_ERROR"))
          return elsewhereNamed(domain ?? "", service.url);
        return failedAttempt(error, {
          addressField: preset.serverUrl === null ? "serverUrl" : null,
          secretField: "password",
          secretHint: preset.passwordHint,
          addressHint: "Use the address that the server's provider gives for CalDAV.",
        });
      }
      throw new Error("no address was tried");
    },
  };
}

/** The domain's calendars are kept by somebody else, as DNS has it: whoever typed the domain says whether that is so. */
function elsewhereNamed(domain: string, url: string): FormOutcome {
  return {
    problems: [
      {
        code: "address_not_a_calendar",
        field: "serverUrl",
        message: `The calendars of ${domain} are kept at ${url}, as its domain says.`,
        hint: "Fill in that address if it is your provider's.",
      },
    ],
  };
}

function valuesSchema({ serverUrl }: CaldavPreset) {
  const login = {
    username: z.string("Fill in the user name.").trim().min(1, "Fill in the user name."),
    password: z.string("Fill in the password.").min(1, "Fill in the password."),
  };
  return serverUrl === null
    ? z.object({ serverUrl: addressSchema, ...login })
    : z.object(login).transform((values) => ({ serverUrl, ...values }));
}

/** People leave out `https://`, or fill in their mail address. */
const addressSchema = z
  .string("Fill in the server's address.")
  .trim()
  .min(1, "Fill in the server's address.")
  .transform((text) => (/^[a-z]+:\/\//i.test(text) ? text : `https://${text.split("@").at(-1)}`))
  .pipe(
    z.url({ protocol: /^https?$/, error: "This is no address; it looks like https://calendar.example.com." }),
  );

/** A field that is left empty counts as left out. */
const filledIn = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));

function addressesOf(address: string, { paths = [] }: CaldavPreset): string[] {
  const base = address.endsWith("/") ? address : `${address}/`;
  return [...paths.map((path) => new URL(path, base).href), address];
}

/** A secret that is not stored yet, and is not refreshed. */
function held(secret: CaldavCredential): CredentialAccess {
  return {
    read: async () => secret,
    rotate: async () => secret,
    markInvalid: async () => undefined,
  };
}
