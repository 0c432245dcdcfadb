import { createCalendarSync } from "@calsync/calendar-sync";
import { AppError, CalendarError, createLogger, createSecretBox, type SecretBox } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { MemoryCalendarServer, memoryCalendarProvider } from "@calsync/testing/memory-calendar";
import type { CalendarProvider, CredentialSecret, FormFlow, FormRequest, OAuthGrant } from "@calsync/types";
import { type ConnectionService, createConnectionService } from "./connection-service.ts";
import { type CredentialStore, createCredentialStore, type EndedCredential } from "./credential-store.ts";

/** The provider that tests connect. */
export const PROVIDER = "memorycalendar";
/** When the tests take place. */
export const START = new Date("2026-03-02T09:00:00Z");

/** What the next consent at the simulated provider gives, by code, and what was asked of it. */
export interface ConsentDesk {
  grants: Map<string, OAuthGrant | CalendarError>;
  exchanged: { code: string; codeVerifier: string; redirectUri: string }[];
  revoked: CredentialSecret[];
  /** What filling in the provider's form comes to; the last request is kept. */
  form: FormFlow["connect"];
  asked: FormRequest | null;
}

/** A connection service over a real database and engine, with a provider in memory. */
export interface ConnectionWorld {
  service: ConnectionService;
  store: CredentialStore;
  secretBox: SecretBox;
  server: MemoryCalendarServer;
  desk: ConsentDesk;
  /** Accounts that this world's store has found ended, each time that it told so. */
  ended: EndedCredential[];
  /** Moves the world's clock. */
  advance(ms: number): void;
  createUser(name: string): Promise<number>;
  /** Starts a flow, consents with `grant`, and finishes it. */
  connect(userId: number, grant: OAuthGrant): Promise<number>;
}

/** What a provider gives for an account whose user has consented. */
export function grantOf(
  account: string,
  more: Partial<OAuthGrant> & { secret?: CredentialSecret } = {},
): OAuthGrant {
  return {
    secret: { account, refreshToken: `refresh-${account}` },
    accountId: account,
    accountEmail: account,
    missingScopes: [],
    ...more,
  };
}

/** Connections with a provider, a clock and effects that a test looks at. */
export function createConnectionWorld(prisma: PrismaClient): ConnectionWorld {
  let at = START.getTime();
  const now = () => new Date(at);
  const log = createLogger({ level: "silent", name: "test" });
  const secretBox = createSecretBox({ keys: [{ id: "k1", key: Buffer.alloc(32, 1) }], current: "k1" });
  const server = new MemoryCalendarServer({ now });
  const desk: ConsentDesk = {
    grants: new Map(),
    exchanged: [],
    revoked: [],
    form: async () => ({ problems: [{ code: "secret_refused", field: "token", message: "No." }] }),
    asked: null,
  };
  const provider = withOAuth(memoryCalendarProvider(server), desk);
  const providers = {
    list: () => [provider.metadata],
    loadProvider: async () => provider,
    settings: (slug: string) => (slug === PROVIDER ? {} : null),
  };
  const ended: EndedCredential[] = [];
  const store = createCredentialStore({
    prisma,
    secretBox,
    now,
    credentialEnded: async (_tx, one) => void ended.push(one),
  });
  const gateway = {
    async serviceFor(credentialId: number) {
      const { access } = await store.open(credentialId);
      return provider.createService({ credential: access, settings: {}, now, log });
    },
    capabilitiesOf: () => provider.metadata.capabilities,
    parseNotification: async () => null,
  };
  const noBookings = () => {
    throw new Error("connecting touches no booking");
  };
  const sync = createCalendarSync({
    prisma,
    gateway,
    bookingStore: { loadItems: noBookings, applyActions: noBookings },
    now,
    log,
    notificationAddress: () => "https://api.example/notifications",
  });
  const service = createConnectionService({
    prisma,
    secretBox,
    providers,
    gateway,
    sync,
    now,
    log,
    oauthRedirectUri: (slug) => `https://app.example/oauth/${slug}/callback`,
  });
  let codes = 0;
  return {
    service,
    store,
    secretBox,
    server,
    desk,
    ended,
    advance(ms) {
      at += ms;
    },
    async createUser(name) {
      const user = await prisma.user.create({ data: { email: `${name}@example.com`, name, username: name } });
      return user.id;
    },
    async connect(userId, grant) {
      const code = `code-${++codes}`;
      desk.grants.set(code, grant);
      const url = new URL(await service.startOAuth(userId, PROVIDER, null));
      const state = url.searchParams.get("state") ?? "";
      const { connectionId } = await service.finishOAuth(userId, PROVIDER, { state, code });
      return connectionId;
    },
  };
}

function withOAuth(provider: CalendarProvider, desk: ConsentDesk): CalendarProvider {
  return {
    ...provider,
    metadata: {
      ...provider.metadata,
      auth: "oauth",
      form: {
        help: "Make a token.",
        fields: [
          { name: "workspace", label: "Workspace", kind: "text", required: true, secret: false },
          { name: "token", label: "Token", kind: "password", required: true, secret: true },
        ],
        links: [],
      },
    },
    form: () => ({
      connect(request) {
        desk.asked = request;
        return desk.form(request);
      },
    }),
    oauth: () => ({
      authorizationUrl: (request) =>
        `https://consent.example/?${new URLSearchParams({
          state: request.state,
          codeChallenge: request.codeChallenge,
          ...(request.claims === undefined ? {} : { claims: request.claims }),
        })}`,
      async exchangeCode(input) {
        desk.exchanged.push(input);
        const grant = desk.grants.get(input.code);
        desk.grants.delete(input.code);
        if (grant === undefined)
          throw new CalendarError("INVALID_REQUEST", "the code was used or is too old");
        if (grant instanceof CalendarError) throw grant;
        return grant;
      },
      async revoke(secret) {
        desk.revoked.push(secret);
      },
    }),
  };
}

/** The code of the AppError that `work` fails with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  throw new Error("nothing went wrong");
}
