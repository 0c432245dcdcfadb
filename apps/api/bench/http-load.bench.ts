import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A request that is sent again and again, as bytes: a client that costs next to nothing measures the server. */
export interface RepeatedRequest {
  host: string;
  port: number;
  /** One of them is chosen for each request, in turn. Answers have no body. */
  requests: readonly Buffer[];
  /** Any other status ends the run. */
  expectedStatus: number;
}

/** The bytes of a request without a body. */
export function requestBytes(path: string, headers: Record<string, string>): Buffer {
  const lines = Object.entries({ host: "127.0.0.1", "content-length": "0", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

/** Sends `count` requests over so many connections, each the next one as soon as it was answered. @returns requests per second */
export async function saturate(load: RepeatedRequest, connections: number, count: number): Promise<number> {
  const lines = await Promise.all(Array.from({ length: connections }, () => Connection.open(load)));
  let sent = 0;
  const begun = performance.now();
  await Promise.all(
    lines.map(async (line) => {
      while (sent < count) await line.send(sent++);
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  for (const line of lines) line.close();
  return count / seconds;
}

/**
 * Sends requests at a steady rate whatever the answers do, each over a connection that waits for none. A request that had to
 * wait for a connection counts from when it was due.
 * @returns how long each took, in milliseconds
 */
export async function pace(load: RepeatedRequest, perSecond: number, count: number): Promise<number[]> {
  const idle: Connection[] = [];
  const opened: Connection[] = [];
  const running: Promise<number>[] = [];
  const begun = performance.now();
  for (let index = 0; index < count; index++) {
    const due = begun + (index * 1_000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    running.push(
      (async () => {
        const started = performance.now();
        let line = idle.pop();
        if (!line) {
          line = await Connection.open(load);
          opened.push(line);
        }
        await line.send(index);
        idle.push(line);
        return performance.now() - started;
      })(),
    );
  }
  const took = await Promise.all(running);
  for (const line of opened) line.close();
  return took;
}

const END = Buffer.from("\r\n\r\n");

/** One kept-alive connection with at most one request on it. */
class Connection {
  readonly #socket: Socket;
  readonly #load: RepeatedRequest;
  #head: Buffer = Buffer.alloc(0);
  #answer: PromiseWithResolvers<void> | null = null;

  private constructor(socket: Socket, load: RepeatedRequest) {
    this.#socket = socket;
    this.#load = load;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#answer?.reject(error));
    socket.on("close", () => this.#answer?.reject(new Error("The server closed the connection.")));
  }

  static async open(load: RepeatedRequest): Promise<Connection> {
    const socket = connect(load.port, load.host);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new Connection(socket, load);
  }

  send(index: number): Promise<void> {
    const { requests } = this.#load;
    this.#answer = Promise.withResolvers();
    this.#socket.write(requests[index % requests.length] ?? END);
    return this.#answer.promise;
  }

  close(): void {
    this.#answer = null;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(END);
    if (end < 0) return;
    const status = Number(this.#head.subarray(9, 12).toString("latin1"));
    const answer = this.#answer;
    this.#answer = null;
    const head = this.#head;
    this.#head = Buffer.alloc(0);
    if (status === this.#load.expectedStatus) answer?.resolve();
    else answer?.reject(new Error(`The server answered: ${head.toString("latin1").slice(0, 500)}`));
  }
}
