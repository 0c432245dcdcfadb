import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { DOCUMENTED_QUOTA } from "./google/faults.ts";
import { type GoogleClientInput, GoogleSandbox } from "./google/GoogleSandbox.ts";
import { GoogleStore, type SavedState } from "./google/GoogleStore.ts";
import { registerGoogle } from "./google/routes.ts";
import type { GraphAppInput } from "./graph/apps.ts";
import { DOCUMENTED_GRAPH_LIMITS } from "./graph/faults.ts";
import { GraphSandbox } from "./graph/GraphSandbox.ts";
import { GraphStore, type SavedGraphState } from "./graph/GraphStore.ts";
import { LOGIN_PREFIX, registerGraph, registerIdentityPlatform } from "./graph/routes.ts";
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
import { faultsSchemas, registerSandboxApi } from "./sandbox-api.ts";
import { seedDemo, seedGraphDemo } from "./seed-demo.ts";
import type { LoopbackCertificate } from "./tls-certificate.ts";
import { loopbackCertificate, writeAuthority } from "./tls-server.ts";

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
  /** Port of Microsoft Graph, which is served over TLS; 0 for a free one; `false`, the default, for none. */
  graphPort?: number | false;
  /** File to write the authority of Graph's certificate to (PEM), for `NODE_EXTRA_CA_CERTS` of its clients. */
  graphCaPath?: string;
  /** Apps of the identity platform with the redirect addresses that they may use. */
  graphApps?: GraphAppInput[];
  /** `demo`: some accounts with some events. Default `empty`. */
  seed?: "demo" | "empty";
  /** Seed of faults, gaps and orders; 1 unless given. */
  randomSeed?: number;
  /** `documented`: the limits that Google and Microsoft publish are enforced; `none`, the default: calls are not counted. */
  quota?: "documented" | "none";
}

/** A running sandbox. */
export interface Sandbox {
  /** `http://127.0.0.1:<port>` */
  url: string;
  google: GoogleSandbox;
  notion: NotionSandbox;
  /** The simulated Microsoft; its API listens only with `graphPort`, its identity platform and page always. */
  graph: GraphSandbox;
  /** Mail that was sent to the SMTP server; absent without one. */
  mail?: Mailbox;
  /** Stops listening, ends notifications on their way, writes the state file. */
  close(): Promise<void>;
}

interface SavedSandbox {
  google: SavedState;
  /** Missing in files of before there was Notion. */
  notion?: SavedNotion;
  /** Absent in files of earlier versions. */
  graph?: SavedGraphState;
  certificate?: LoopbackCertificate;
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
  let graphUrl = "";
  const graphStore = new GraphStore(clock, new SeededRandom(options.randomSeed ?? 1));
  const graph = new GraphSandbox(graphStore, {
    graphUrl: () => graphUrl,
    loginUrl: () => url + LOGIN_PREFIX,
    allowHttpCallbacks: options.allowHttpCallbacks ?? false,
    behaviours: options.quota === "documented" ? { limits: DOCUMENTED_GRAPH_LIMITS } : {},
  });
  for (const one of options.graphApps ?? []) graph.addApp(one);
  const mailbox =
    options.smtpPort === undefined || options.smtpPort === false
      ? undefined
      : new Mailbox({ clock: () => new Date(clock.nowMs()) });

  const seed = () => {
    if (options.seed !== "demo") return;
    if (google.accounts().length === 0) seedDemo({ google, notion }, clock.nowMs());
    if (graph.accounts().length === 0) seedGraphDemo(graph, clock.nowMs());
  };
  let certificate: LoopbackCertificate | undefined;
  const file = options.statePath
    ? new StateFile<SavedSandbox>(options.statePath, () => ({
        google: store.toJSON(),
        notion: notionStore.toJSON(),
        graph: graphStore.toJSON(),
        ...(certificate ? { certificate } : {}),
        ...(mailbox ? { mail: mailbox.state() } : {}),
      }))
    : undefined;
  const saved = await file?.load();
  if (saved) {
    store.load(saved.google);
    if (saved.notion) notionStore.load(saved.notion);
    if (saved.graph) graphStore.load(saved.graph);
    if (saved.mail) mailbox?.restore(saved.mail);
  }
  if (!saved?.graph) seed();

  if (options.graphPort !== undefined && options.graphPort !== false) {
    // By the machine's clock: that is what TLS clients compare with.
    certificate = await loopbackCertificate(saved?.certificate, Date.now());
    graph.ca = certificate.ca;
    if (options.graphCaPath) await writeAuthority(options.graphCaPath, certificate);
  }
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  const graphApp = certificate && fastifyOverTls(certificate);
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  );
  for (const one of [app, graphApp]) if (one) refuseOtherNames(one);
  registerGoogle(app, google);
  registerNotion(app, notion);
  registerNotionSandboxApi(app, notion, { allowHttpCallbacks: options.allowHttpCallbacks ?? false });
  registerIdentityPlatform(app, graph);
  if (graphApp) registerGraph(graphApp, graph);
  registerSandboxApi(app, { google, graph, notion }, () => {
    mailbox?.clear();
    seed();
  });
  registerPages(app, { mailbox, faultsSchemas, graphUrl: () => graphUrl });
  if (file) {
    // Tokens and codes change without a calendar change: after each request that may have changed something.
    app.addHook("onResponse", async (request) => {
      if (request.method !== "GET") file.schedule();
    });
    // Here a read gives out a delta token, of which only the last few work.
    graphApp?.addHook("onResponse", async () => file.schedule());
    store.onChange(() => file.schedule());
    notionStore.onChange(() => file.schedule());
    graphStore.onChange(() => file.schedule());
    mailbox?.subscribe(() => file.schedule());
  }
  try {
    await app.listen({ port: options.port ?? 0, host: options.host ?? "127.0.0.1" });
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    if (graphApp) {
      await graphApp.listen({ port: options.graphPort || 0, host: options.host ?? "127.0.0.1" });
      graphUrl = `https://localhost:${(graphApp.server.address() as AddressInfo).port}`;
    }
    if (mailbox) await mailbox.start({ port: options.smtpPort as number });
  } catch (error) {
    google.close();
    notion.close();
    graph.close();
    await app.close();
    await graphApp?.close();
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
    graph,
    ...(mailbox ? { mail: mailbox } : {}),
    close: async () => {
      google.close();
      notion.close();
      graph.close();
      await app.close();
      await graphApp?.close();
      await mailbox?.close();
      await file?.write();
    },
  };
}

function fastifyOverTls({ cert, key }: LoopbackCertificate): FastifyInstance {
  return fastify({
    https: { cert, key },
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    // Ids of events are longer than a path parameter may be otherwise.
    routerOptions: { maxParamLength: 2_000 },
  }) as unknown as FastifyInstance;
}

/** A web page elsewhere must not reach the sandbox through a name that it lets resolve to loopback. */
function refuseOtherNames(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    if (LOOPBACK_NAMES.has(request.hostname)) return;
    return reply.code(403).send({ error: { code: 403, message: "The sandbox answers to localhost only." } });
  });
}
