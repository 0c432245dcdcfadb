import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CaldavTestServer, InstalledKind } from "./caldav-test-server.ts";
import { isCyrusInstalled, startCyrus } from "./cyrus.ts";
import { isDavicalInstalled, startDavical } from "./davical.ts";
import { hasProgram, type InstalledProgram, startRadicale, startXandikos } from "./installed-program.ts";
import { isSabredavInstalled, startSabredav } from "./sabredav.ts";

const SYNC_TOKEN = /(<(?:[\w-]+:)?sync-token(?: [^>]*)?>)([^<]+)(<)/g;

interface Installable {
  /** Debian's package. */
  name: string;
  isInstalled(): boolean;
  start(): Promise<InstalledProgram>;
}

const KINDS: Record<InstalledKind, Installable> = {
  radicale: { name: "radicale", isInstalled: () => hasProgram("radicale"), start: startRadicale },
  xandikos: { name: "xandikos", isInstalled: () => hasProgram("xandikos"), start: startXandikos },
  cyrus: { name: "cyrus-caldav", isInstalled: isCyrusInstalled, start: startCyrus },
  davical: { name: "davical php8.2-cgi", isInstalled: isDavicalInstalled, start: startDavical },
  sabredav: {
    name: "php-sabre-dav php-sqlite3",
    isInstalled: isSabredavInstalled,
    start: startSabredav,
  },
};

/**
 * The real servers that this machine has. Says in one line each what is left untested for want of the others.
 * @param wanted of these alone; of all where it is left out
 */
export function installedServers<Kind extends InstalledKind>(
  wanted: readonly Kind[] = Object.keys(KINDS) as Kind[],
): Kind[] {
  return wanted.filter((kind) => {
    const { isInstalled, name } = KINDS[kind];
    if (isInstalled()) return true;
    process.stderr.write(
      `CalDAV is tested in memory but not against ${kind}, which is not installed (apt install ${name}).\n`,
    );
    return false;
  });
}

/**
 * A real server behind a proxy of ours that can lose answers, break down and spoil sync tokens. Everything else is the
 * server's own behaviour.
 */
export class InstalledCaldavServer implements CaldavTestServer {
  readonly kind: InstalledKind;
  readonly #program: InstalledProgram;
  readonly #proxy: Server;
  /** Cyrus keeps a process for each connection. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly requests: string[] = [];
  /** Listings of changes are cut short behind so many members, as far as the server honours a limit (RFC 6578 §3.7). */
  cutListingsAt: number | null = null;
  #loseNextWrite = false;
  #broken = false;
  /** Sync tokens that the server has given out, and those of them that it is not to know any more. */
  readonly #given = new Set<string>();
  readonly #spoilt = new Set<string>();
  readonly #admitted = new Map<string, Promise<void>>();

  private constructor(kind: InstalledKind, program: InstalledProgram, proxy: Server) {
    this.kind = kind;
    this.#program = program;
    this.#proxy = proxy;
  }

  static async start(kind: InstalledKind): Promise<InstalledCaldavServer> {
    const program = await KINDS[kind].start();
    const proxy = createServer();
    const server = new InstalledCaldavServer(kind, program, proxy);
    proxy.on("request", (incoming, outgoing) => {
      const chunks: Uint8Array[] = [];
      incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      incoming.on("end", async () => {
        server.requests.push(`${incoming.method} ${incoming.url}`);
        if (server.#broken) {
          outgoing.writeHead(503).end("out of order");
          return;
        }
        const body = server.#spoil(Buffer.concat(chunks).toString("utf8"));
        const lose = server.#loseNextWrite && incoming.method === "PUT";
        if (lose) server.#loseNextWrite = false;
        const headers = { ...incoming.headers, "content-length": String(Buffer.byteLength(body)) };
        try {
          await server.#admit(incoming.headers.authorization);
        } catch (error) {
          outgoing.writeHead(500).end(String(error));
          return;
        }
        const forward = request(
          {
            host: "127.0.0.1",
            port: program.port,
            method: incoming.method,
            path: incoming.url,
            headers,
            agent: server.#agent,
          },
          (answer) => {
            if (lose) {
              answer.resume().on("end", () => outgoing.destroy());
              return;
            }
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            if (incoming.method === "REPORT") server.#remember(answer);
            answer.pipe(outgoing);
          },
        );
        forward.on("error", () => outgoing.destroy());
        forward.end(body);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    await server.#untilReady();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  get invited(): readonly string[] {
    return this.#program.invited;
  }

  homeOf(username: string): string {
    return this.url + this.#program.homeOf(username);
  }

  loseNextAnswer(): void {
    this.#loseNextWrite = true;
  }

  breakDown(): () => void {
    this.#broken = true;
    return () => {
      this.#broken = false;
    };
  }

  /** Tokens given out so far reach the server spoilt, so that it answers as it does to a token that it does not know. */
  expireTokens(): void {
    for (const token of this.#given) this.#spoilt.add(token);
  }

  mend(): void {
    this.#spoilt.clear();
    this.#broken = false;
    this.#loseNextWrite = false;
  }

  async close(): Promise<void> {
    this.#proxy.closeAllConnections();
    await new Promise((resolve) => this.#proxy.close(resolve));
    this.#agent.destroy();
    await this.#program.close();
  }

  /** Accounts are made at their first request, where the server does not do so by itself. */
  #admit(authorization = ""): Promise<void> {
    const [username = ""] = Buffer.from(authorization.split(" ")[1] ?? "", "base64")
      .toString("utf8")
      .split(":");
    if (username === "" || !this.#program.admit) return Promise.resolve();
    const known = this.#admitted.get(username) ?? this.#program.admit(username);
    this.#admitted.set(username, known);
    return known;
  }

  #remember(answer: IncomingMessage): void {
    const chunks: Uint8Array[] = [];
    answer.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    answer.on("end", () => {
      for (const [, , token] of Buffer.concat(chunks).toString("utf8").matchAll(SYNC_TOKEN)) {
        this.#given.add(token ?? "");
      }
    });
  }

  #spoil(body: string): string {
    const limit = `<$1limit><$1nresults>${this.cutListingsAt}</$1nresults></$1limit>`;
    const cut = this.cutListingsAt === null ? body : body.replace(/<\/([\w-]+:)?sync-level>/, `$&${limit}`);
    return cut.replace(SYNC_TOKEN, (whole, open: string, token: string, close: string) =>
      this.#spoilt.has(token) ? `${open}${this.#program.unknownToken(token)}${close}` : whole,
    );
  }

  async #untilReady(): Promise<void> {
    const giveUpAt = performance.now() + 20_000;
    while (performance.now() < giveUpAt) {
      const answered = await fetch(this.url, { method: "OPTIONS" }).then(
        (response) => response.status < 500,
        () => false,
      );
      if (answered) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.kind} did not start`);
  }
}
