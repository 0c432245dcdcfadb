import { isCalendarError } from "@calsync/lib";
import type { CredentialAccess, FormFlow, ServiceDependencies } from "@calsync/types";
import * as z from "zod";
import { failedAttempt, invalidFields } from "../../common/form-problems.ts";
import { type CaldavCredential, credentialSchema, ownAddresses } from "./credential-schema.ts";
import { DavSession } from "./DavSession.ts";
import { discover, listCalendarsOf } from "./discovery.ts";
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

/** Connecting an account by its server, user name and password; what is left out is taken from the stored secret. */
export function createFormFlow(preset: CaldavPreset, dependencies: Dependencies): FormFlow {
  const settings = parseSettings(dependencies.settings);
  return {
    async connect({ values, stored }) {
      const before = credentialSchema.safeParse(stored).data;
      const read = valuesSchema(preset).safeParse({ ...before, ...filledIn(values) });
      if (!read.success) return invalidFields(read.error);
      try {
        for (const [index, serverUrl] of addressesOf(read.data.serverUrl, preset).entries()) {
          const candidate: CaldavCredential = { ...read.data, serverUrl, addresses: [] };
          const session = new DavSession({ ...dependencies, credential: held(candidate) }, settings);
          const account = await discover(session).catch((error: unknown) => {
            const elsewhere =
              index < (preset.paths?.length ?? 0) && isCalendarError(error, "CALENDAR_NOT_FOUND");
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

function valuesSchema({ serverUrl }: CaldavPreset) {
  const login = {
    username: z.string("Fill in the user name.").trim().min(1, "Fill in the user name."),
    password: z.string("Fill in the password.").min(1, "Fill in the password."),
  };
  return serverUrl === null
    ? z.object({ serverUrl: addressSchema, ...login })
    : z.object(login).transform((values) => ({ serverUrl, ...values }));
}

/** People leave out `https://`. */
const addressSchema = z
  .string("Fill in the server's address.")
  .trim()
  .min(1, "Fill in the server's address.")
  .transform((text) => (/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`))
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
