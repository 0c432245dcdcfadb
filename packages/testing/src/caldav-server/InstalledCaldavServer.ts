import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALDAV_PASSWORD, type CaldavTestServer } from "./caldav-test-server.ts";

type InstalledKind = "radicale" | "xandikos";

const SYNC_TOKEN = /(<(?:[\w-]+:)?sync-token>)([^<]+)(<)/g;

const KINDS: InstalledKind[] = ["radicale", "xandikos"];

/** The real servers that this machine has. Says in one line each what is left untested for want of the others. */
export function installedServers(): InstalledKind[] {
  const present = KINDS.filter(isInstalled);
  for (const kind of KINDS) {
    if (present.includes(kind)) continue;
    process.stderr.write(
      `CalDAV is tested in memory but not against ${kind}, which is not installed (apt install ${kind}).\n`,
    );
  }
  return present;
}

function isInstalled(kind: InstalledKind): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${kind}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * A real server behind a proxy of ours that can lose answers, break down and spoil sync tokens. Everything else is the
 * server's own behaviour.
 */
export class InstalledCaldavServer implements CaldavTestServer {
  readonly kind: InstalledKind;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #proxy: Server;
  readonly requests: string[] = [];
  #loseNextWrite = false;
  #broken = false;
  /** Sync tokens that the server has given out, and those of them that it is not to know any more. */
  readonly #given = new Set<string>();
  readonly #spoilt = new Set<string>();

  private constructor(kind: InstalledKind, child: ChildProcess, folder: string, proxy: Server) {
    this.kind = kind;
    this.#child = child;
    this.#folder = folder;
    this.#proxy = proxy;
  }

  static async start(kind: InstalledKind): Promise<InstalledCaldavServer> {
    const folder = mkdtempSync(join(tmpdir(), `calsync-${kind}-`));
    const port = await freePort();
    const child = kind === "radicale" ? startRadicale(folder, port) : startXandikos(folder, port);
    const proxy = createServer();
    const server = new InstalledCaldavServer(kind, child, folder, proxy);
    proxy.on("request", (incoming, outgoing) => {
      const chunks: Uint8Array[] = [];
      incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      incoming.on("end", () => {
        server.requests.push(`${incoming.method} ${incoming.url}`);
        if (server.#broken) {
          outgoing.writeHead(503).end("out of order");
          return;
        }
        const body = server.#spoil(Buffer.concat(chunks).toString("utf8"));
        const lose = server.#loseNextWrite && incoming.method === "PUT";
        if (lose) server.#loseNextWrite = false;
        const headers = { ...incoming.headers, "content-length": String(Buffer.byteLength(body)) };
        const forward = request(
          { host: "127.0.0.1", port, method: incoming.method, path: incoming.url, headers },
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

  homeOf(username: string): string {
    return this.kind === "radicale"
      ? `${this.url}/${encodeURIComponent(username)}`
      : `${this.url}/user/calendars`;
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
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    // Nothing of it is to be kept, and one that ends by itself may take its time.
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
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
    const unknown = this.kind === "radicale" ? "http://radicale.org/ns/sync/" : "";
    return body.replace(SYNC_TOKEN, (whole, open: string, token: string, close: string) =>
      this.#spoilt.has(token)
        ? `${open}${unknown}${"0".repeat(this.kind === "radicale" ? 64 : 40)}${close}`
        : whole,
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

function startRadicale(folder: string, port: number): ChildProcess {
  const config = join(folder, "config");
  writeFileSync(
    config,
    [
      "[server]",
      `hosts = 127.0.0.1:${port}`,
      "[auth]",
      "type = htpasswd",
      `htpasswd_filename = ${join(folder, "users")}`,
      "htpasswd_encryption = plain",
      "delay = 0",
      "[rights]",
      "type = owner_only",
      "[storage]",
      `filesystem_folder = ${join(folder, "collections")}`,
      "[logging]",
      "level = error",
    ].join("\n"),
  );
  writeFileSync(
    join(folder, "users"),
    Array.from({ length: 400 }, (_, index) => `host${index}@people.example:${CALDAV_PASSWORD}`).join("\n"),
  );
  return spawn("radicale", ["--config", config], { stdio: "ignore" });
}

function startXandikos(folder: string, port: number): ChildProcess {
  const options = ["-d", join(folder, "data"), "--defaults", "-l", "127.0.0.1", "-p", String(port)];
  return spawn("xandikos", options, { stdio: "ignore" });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
