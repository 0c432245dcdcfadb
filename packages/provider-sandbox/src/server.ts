import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { DOCUMENTED_QUOTA } from "./google/faults.ts";
import { type GoogleClientInput, GoogleSandbox } from "./google/GoogleSandbox.ts";
import { GoogleStore, type SavedState } from "./google/GoogleStore.ts";
import { registerGoogle } from "./google/routes.ts";
import { Mailbox, type MailboxState } from "./mail/Mailbox.ts";
import { DOCUMENTED_REQUEST_WINDOW } from "./notion/faults.ts";
import { type NotionClientInput, NotionSandbox } from "./notion/NotionSandbox.ts";
import { NotionStore, type SavedNotion } from "./notion/NotionStore.ts";
import { registerNotion } from "./notion/routes.ts";
import { registerNotionSandboxApi } from "./notion/sandbox-api.ts";
import { registerPages } from "./pages/routes.ts";
import { SandboxClock } from "./SandboxClock.ts";
import { SeededRandom } from "./SeededRandom.ts";
import { StateFile } from "./StateFile.ts";
import { faultsSchema, registerSandboxApi } from "./sandbox-api.ts";
import { seedDemo } from "./seed-demo.ts";

/** How a sandbox is to run. */
export interface SandboxOptions {
  /** 0, the default, picks a free one. */
  port?: number;
  host?: "127.0.0.1";
  /** The machine's clock unless given. */
  clock?: () => Date;
  /** Take `http://localhost…` as channel address; the real API never does. Default false. */
  allowHttpCallbacks?: boolean;
  /** Port of the SMTP server, 0 for a free one; `false`, the default, for none. */
  smtpPort?: number | false;
  /** JSON file in which the state survives a restart. */
  statePath?: string;
  /** Set by commands that run in production: the sandbox refuses then. */
  production?: boolean;
  /** Start in production all the same. */
  allowProduction?: boolean;
  /** OAuth clients with the redirect addresses that they may use. */
  googleClients?: GoogleClientInput[];
  /** Public Notion integrations with the redirect addresses that they may use. */
  notionClients?: NotionClientInput[];
  /** `demo`: two accounts with some events. Default `empty`. */
  seed?: "demo" | "empty";
  /** Seed of faults, gaps and orders; 1 unless given. */
  randomSeed?: number;
  /** `documented`: the quota Google publishes is enforced; `none`, the default: calls are not counted. */
  quota?: "documented" | "none";
}

/** A running sandbox. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>` */
  url: string;
  google: GoogleSandbox;
  notion: NotionSandbox;
  /** Mail that was sent to the SMTP server; absent without one. */
  mail?: Mailbox;
  /** Stops listening, ends notifications on their way, writes the state file. */
  close(): Promise<void>;
}

interface SavedSandbox {
  google: SavedState;
  /** Missing in files of before there was Notion. */
  notion?: SavedNotion;
  mail?: MailboxState;
}

const LOOPBACK_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Starts the provider simulators on a loopback port.
 * @throws Error in production (unless `allowProduction`), when a port is taken, or when the state file is unreadable.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  if (options.production && !options.allowProduction) {
    throw new Error(
      "The provider sandbox does not start in production: it signs anybody in as anyone. " +
        "Pass allowProduction if that is really wanted.",
    );
  }
  let url = "";
  const clock = new SandboxClock(options.clock);
  const store = new GoogleStore(clock, new SeededRandom(options.randomSeed ?? 1));
  const google = new GoogleSandbox(store, {
    url: () => url,
    allowHttpCallbacks: options.allowHttpCallbacks ?? false,
    behaviours: options.quota === "documented" ? { quota: DOCUMENTED_QUOTA } : {},
  });
  for (const client of options.googleClients ?? []) google.addClient(client);
  const notionStore = new NotionStore(clock, new SeededRandom(options.randomSeed ?? 1));
  const notion = new NotionSandbox(notionStore, {
    url: () => url,
    behaviours: options.quota === "documented" ? { requestWindow: DOCUMENTED_REQUEST_WINDOW } : {},
  });
  for (const client of options.notionClients ?? []) notion.addClient(client);
  const mailbox =
    options.smtpPort === undefined || options.smtpPort === false
      ? undefined
      : new Mailbox({ clock: () => new Date(clock.nowMs()) });

  const seed = () => {
    if (options.seed === "demo") seedDemo({ google, notion }, clock.nowMs());
  };
  const file = options.statePath
    ? new StateFile<SavedSandbox>(options.statePath, () => ({
        google: store.toJSON(),
        notion: notionStore.toJSON(),
        ...(mailbox ? { mail: mailbox.state() } : {}),
      }))
    : undefined;
  const saved = await file?.load();
  if (saved) {
    store.load(saved.google);
    if (saved.notion) notionStore.load(saved.notion);
    if (saved.mail) mailbox?.restore(saved.mail);
  } else {
    seed();
  }

  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
  // A web page elsewhere must not reach the sandbox through a name that it lets resolve to loopback.
  app.addHook("onRequest", async (request, reply) => {
    if (LOOPBACK_NAMES.has(request.hostname)) return;
    return reply.code(403).send({ error: { code: 403, message: "The sandbox answers to localhost only." } });
  });
  registerGoogle(app, google);
  registerNotion(app, notion);
  registerNotionSandboxApi(app, notion);
  registerSandboxApi(app, google, () => {
    notion.reset();
    mailbox?.clear();
    seed();
  });
  registerPages(app, { mailbox, faultsSchema });
  if (file) {
    // Tokens and codes change without a calendar change: after each request that may have changed something.
    app.addHook("onResponse", async (request) => {
      if (request.method !== "GET") file.schedule();
    });
    store.onChange(() => file.schedule());
    notionStore.onChange(() => file.schedule());
    mailbox?.subscribe(() => file.schedule());
  }
  try {
    await app.listen({ port: options.port ?? 0, host: options.host ?? "127.0.0.1" });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    if (mailbox) await mailbox.start({ port: options.smtpPort as number });
  } catch (error) {
    google.close();
    notion.close();
    await app.close();
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code !== "EADDRINUSE") throw error;
    throw new Error(`The sandbox's port ${port} is taken: stop what listens there, or choose another port.`, {
      cause: error,
    });
  }

  return {
    url,
    google,
    notion,
    ...(mailbox ? { mail: mailbox } : {}),
    close: async () => {
      google.close();
      notion.close();
      await app.close();
      await mailbox?.close();
      await file?.write();
    },
  };
}
