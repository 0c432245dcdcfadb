import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { parseMail } from "./parse-mail.ts";
import type { Mail } from "./types.ts";

/** How many mails are kept; the oldest go first. */
const MAILBOX_CAPACITY = 500;

const MAX_MAIL_BYTES = 10 * 1024 * 1024;

/** A change of the mailbox: a mail came in, or all of them were thrown away. */
export type MailboxChange = { type: "received"; mail: Mail } | { type: "cleared" };

/** What is kept of a mailbox over a restart. */
export interface MailboxState {
  nextId: number;
  mails: Mail[];
}

/**
 * Everybody's mailbox: an SMTP server on loopback that takes mail for any address and keeps it, parsed, in memory.
 * Nothing is sent on. Any user name and password are accepted, and mail without them too.
 */
export class Mailbox {
  readonly #capacity: number;
  readonly #clock: () => Date;
  readonly #listeners = new Set<(change: MailboxChange) => void>();
  #mails: Mail[] = [];
  #nextId = 1;
  #refusals = 0;
  #server: SMTPServer | undefined;
  #port: number | undefined;

  /** @param options `capacity` is how many mails are kept, 500 when absent; `clock` gives `receivedAt`. */
  constructor(options: { capacity?: number; clock?: () => Date } = {}) {
    this.#capacity = options.capacity ?? MAILBOX_CAPACITY;
    this.#clock = options.clock ?? (() => new Date());
  }

  /**
   * Begins to take mail on 127.0.0.1.
   *
   * @param options `port` to listen on; 0 picks a free one.
   * @returns the port it listens on.
   * @throws when it listens already, or the port is taken (`EADDRINUSE`).
   */
  async start(options: { port: number }): Promise<number> {
    if (this.#server) throw new Error(`The mailbox listens already, on port ${this.#port}.`);
    const server = new SMTPServer({
      name: "calsync-sandbox",
      banner: "calsync sandbox mailbox: nothing is delivered",
      // A certificate that nobody trusts would make clients with opportunistic TLS fail; loopback needs none.
      disabledCommands: ["STARTTLS"],
      authOptional: true,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      size: MAX_MAIL_BYTES,
      closeTimeout: 1_000,
      logger: false,
      onAuth: (auth, _session, callback) => callback(null, { user: auth.username ?? "anyone" }),
      onData: (stream, session, callback) => {
        this.#receive(stream, session).then(
          (answer) => callback(null, answer),
          (error: Error) => callback(error),
        );
      },
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port, "127.0.0.1", () => {
        server.off("error", reject);
        // A client that hangs up in the middle of a mail is its own affair.
        server.on("error", () => {});
        resolve();
      });
    });
    this.#server = server;
    this.#port = (server.server.address() as AddressInfo).port;
    return this.#port;
  }

  /** The port it listens on; undefined before `start` and after `close`. */
  get port(): number | undefined {
    return this.#port;
  }

  /**
   * The mails kept, oldest first.
   *
   * @param filter `to` keeps only mails that this address received, by the envelope.
   */
  messages(filter: { to?: string } = {}): Mail[] {
    const to = filter.to?.toLowerCase();
    return to ? this.#mails.filter((mail) => mail.recipients.includes(to)) : [...this.#mails];
  }

  /** The mail with this id; undefined when there is none, or no longer. */
  message(id: string): Mail | undefined {
    return this.#mails.find((mail) => mail.id === id);
  }

  /**
   * Waits for a mail, one that is here already included.
   *
   * @param predicate says whether a mail is the one.
   * @param timeoutMs how long to wait.
   * @throws when none came in time; the message lists what did come.
   */
  waitFor(predicate: (mail: Mail) => boolean, timeoutMs = 5_000): Promise<Mail> {
    const present = this.#mails.find(predicate);
    if (present) return Promise.resolve(present);
    return new Promise((resolve, reject) => {
      const stop = this.subscribe((change) => {
        if (change.type !== "received" || !predicate(change.mail)) return;
        clearTimeout(timer);
        stop();
        resolve(change.mail);
      });
      const timer = setTimeout(() => {
        stop();
        const seen = this.#mails.map((mail) => `"${mail.subject}" to ${mail.recipients.join(", ")}`);
        reject(new Error(`No such mail within ${timeoutMs} ms. Received: ${seen.join("; ") || "nothing"}.`));
      }, timeoutMs);
    });
  }

  /** Tells `listener` of every mail from now on, until the returned function is called. */
  subscribe(listener: (change: MailboxChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Refuses the next `count` mails with a temporary error (451), as a busy mail server does. */
  refuseNext(count: number): void {
    this.#refusals = count;
  }

  /** Throws all mails away. Ids go on from where they were. */
  clear(): void {
    this.#mails = [];
    this.#tell({ type: "cleared" });
  }

  /** What to keep over a restart; plain JSON. */
  state(): MailboxState {
    return { nextId: this.#nextId, mails: [...this.#mails] };
  }

  /** Takes over what {@link state} gave. */
  restore(state: MailboxState): void {
    this.#nextId = state.nextId;
    this.#mails = state.mails.slice(-this.#capacity);
  }

  /** Stops listening, within a second. The mails stay readable. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#port = undefined;
    if (server) await new Promise<void>((resolve) => server.close(resolve));
  }

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (!stream.sizeExceeded) chunks.push(chunk);
    }
    if (stream.sizeExceeded) throw smtpError(552, `Message exceeds ${MAX_MAIL_BYTES} bytes`);
    if (this.#refusals > 0) {
      this.#refusals -= 1;
      throw smtpError(451, "Mailbox busy, try again later");
    }
    const { mailFrom, rcptTo } = session.envelope;
    const id = String(this.#nextId++);
    const mail = await parseMail(Buffer.concat(chunks), {
      id,
      sender: mailFrom ? mailFrom.address : "",
      recipients: rcptTo.map(({ address }) => address),
      receivedAt: this.#clock().toISOString(),
    });
    this.#mails.push(mail);
    if (this.#mails.length > this.#capacity) this.#mails.splice(0, this.#mails.length - this.#capacity);
    this.#tell({ type: "received", mail });
    return `Kept as ${id}`;
  }

  #tell(change: MailboxChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
