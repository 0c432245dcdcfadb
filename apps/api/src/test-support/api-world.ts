import { migrateJobs } from "@calsync/jobs";
import { createLogger, hashPassword, loadEnv } from "@calsync/lib";
import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from "fastify";
import { buildApp } from "../app.ts";
import { type Container, type ContainerOptions, createContainer } from "../container.ts";
import { apiEnv } from "../env.ts";
import { SESSION_COOKIE } from "../plugins/auth.ts";
import { CSRF_HEADER } from "../plugins/csrf.ts";
import { behindProxy, consent } from "./consent.ts";

export { behindProxy, consent };

/** The web app's address in tests. */
export const WEB_URL = "https://app.example";
/** What the crons' routes ask for in tests. */
export const CRON_SECRET = "cron-secret-for-tests";
/** The password of everybody in tests. */
export const PASSWORD = "correct horse battery staple";

const CLIENT = { clientId: "api-test.apps.googleusercontent.com", clientSecret: "api-test-secret" };

/** The whole API over a database of its own and a simulated Google. */
export interface ApiWorld {
  app: FastifyInstance;
  container: Container;
  database: TestDatabase;
  sandbox: Sandbox;
  /** What the process has logged so far, as JSON lines. */
  logged(): string;
  /** A new user with a schedule from 9 to 17 UTC every day, signed in. */
  signUp(name: string): Promise<SignedIn>;
  close(): Promise<void>;
}

/** A signed-in user's browser. */
export interface SignedIn {
  userId: number;
  email: string;
  username: string;
  cookie: string;
  get(url: string): Promise<LightMyRequestResponse>;
  send(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    url: string,
    body?: object,
  ): Promise<LightMyRequestResponse>;
}

/**
 * @param more environment variables beside or in place of the usual ones
 * @param ofSandbox the same, for what only the running sandbox knows
 * @param options what stands in for parts of the container
 */
export async function createApiWorld(
  more: Record<string, string> = {},
  ofSandbox: (sandbox: Sandbox) => Record<string, string> = () => ({}),
  options: Pick<ContainerOptions, "mailbox" | "now"> = {},
): Promise<ApiWorld> {
  const database = await createTestDatabase();
  await migrateJobs(database.url);
  const sandbox = await startSandbox({
    allowHttpCallbacks: true,
    googleClients: [{ ...CLIENT, redirectUris: [`${WEB_URL}/api/v1/oauth/googlecalendar/callback`] }],
  });
  const env = loadEnv(apiEnv, {
    NODE_ENV: "test",
    DATABASE_URL: database.url,
    WEB_URL,
    API_URL: "http://127.0.0.1:3001",
    SESSION_SECRET: "s".repeat(32),
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString("base64")}`,
    CRON_SECRET,
    // All guests of a test come from one address.
    GUEST_CHANGES_PER_HOUR: "0",
    GUEST_READS_PER_MINUTE: "0",
    SMTP_URL: "smtp://127.0.0.1:2525",
    GOOGLE_CLIENT_ID: CLIENT.clientId,
    GOOGLE_CLIENT_SECRET: CLIENT.clientSecret,
    GOOGLE_API_URL: sandbox.google.url,
    GOOGLE_AUTH_URL: `${sandbox.google.url}/o/oauth2/v2/auth`,
    GOOGLE_TOKEN_URL: `${sandbox.google.url}/token`,
    GOOGLE_REVOKE_URL: `${sandbox.google.url}/revoke`,
    ...more,
    ...ofSandbox(sandbox),
  });
  const lines: string[] = [];
  const log = createLogger({
    level: "debug",
    name: "api",
    destination: { write: (line) => lines.push(line) },
  });
  const container = createContainer(env, { ...options, name: "api", log });
  const app = await buildApp(container);
  const passwordHash = await hashPassword(PASSWORD);

  return {
    app,
    container,
    database,
    sandbox,
    logged: () => lines.join(""),
    async signUp(name) {
      const email = `${name}@example.com`;
      const user = await database.prisma.user.create({
        data: {
          email,
          name,
          username: name,
          passwordHash,
          schedules: {
            create: {
              name: "Every day",
              timeZone: "UTC",
              availability: { create: { days: [1, 2, 3, 4, 5, 6, 7], startMinute: 540, endMinute: 1_020 } },
            },
          },
        },
      });
      const answer = await app.inject({
        method: "POST",
        url: "/v1/session",
        body: { email, password: PASSWORD },
      });
      const cookie = `${SESSION_COOKIE}=${answer.cookies.find((one) => one.name === SESSION_COOKIE)?.value ?? ""}`;
      const inject = (options: InjectOptions) =>
        app.inject({ ...options, headers: { cookie, [CSRF_HEADER]: "1" } });
      return {
        userId: user.id,
        email,
        username: name,
        cookie,
        get: (url) => inject({ method: "GET", url }),
        send: (method, url, body) => inject({ method, url, ...(body ? { body } : {}) }),
      };
    },
    async close() {
      await app.close();
      await container.close();
      await sandbox.close();
      await database.drop();
    },
  };
}

/** Connects a Google account as a person does. @returns the connection's id */
export async function connectGoogle(user: SignedIn, email: string): Promise<number> {
  const answer = await user.send("POST", "/v1/connections/googlecalendar/authorize", {});
  const back = await consent(answer.json().url, { email });
  const landed = await user.get(behindProxy(back));
  return Number(new URL(landed.headers.location ?? "").searchParams.get("connected"));
}
