import { type FetchQueryObject, ImapFlow } from "imapflow";
import { type Mailbox, MailboxError, type OpenMailbox } from "./Mailbox.ts";

/** Where a mailbox is, and how it is entered. */
export interface ImapMailboxOptions {
  host: string;
  port: number;
  /** `immediate`: from the first octet (port 993); `upgrade`: STARTTLS, without which nothing is sent; `none`: in the clear. */
  tls: "immediate" | "upgrade" | "none";
  user: string;
  password: string;
  folder: string;
  /** Authorities that are trusted beside the usual ones, PEM. */
  ca?: string;
  /** Longest silence of the server, in milliseconds. */
  timeoutMs?: number;
}

/** A mailbox over IMAP4rev1 or rev2 (RFC 3501, RFC 9051), with one connection per reading. */
export function createImapMailbox(options: ImapMailboxOptions): Mailbox {
  const { host, port, tls, user, password, folder, ca, timeoutMs = 20_000 } = options;
  return {
    name: `${user}@${host}/${folder}`,
    async open(signal) {
      const client = new ImapFlow({
        host,
        port,
        secure: tls === "immediate",
        ...(tls === "immediate" ? {} : { doSTARTTLS: tls === "upgrade" }),
        auth: { user, pass: password },
        ...(ca === undefined ? {} : { tls: { ca } }),
        logger: false,
        disableAutoIdle: true,
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
      });
      // Without a listener an error between two commands would end the process; the next command tells it again.
      client.on("error", () => {});
      const abort = () => client.close();
      signal.addEventListener("abort", abort, { once: true });
      try {
        await client.connect();
        const opened = await client.mailboxOpen(folder);
        const place = { validity: String(opened.uidValidity), nextUid: opened.uidNext };
        return openMailbox(client, place, options, () => signal.removeEventListener("abort", abort));
      } catch (error) {
        signal.removeEventListener("abort", abort);
        client.close();
        throw mailboxError(error, options);
      }
    },
  };
}

function openMailbox(
  client: ImapFlow,
  place: Pick<OpenMailbox, "validity" | "nextUid">,
  options: ImapMailboxOptions,
  onClose: () => void,
): OpenMailbox {
  const asked = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error) => {
      throw mailboxError(error, options);
    });
  const search = async (query: { uid: string } | { since: Date }, above: number) => {
    const found = await asked(client.search(query, { uid: true }));
    if (!Array.isArray(found)) throw new MailboxError("The mail server did not answer a search.");
    // A search for `n:*` always finds the last message (RFC 9051 §6.4.8).
    return found.filter((uid) => uid > above).sort((a, b) => a - b);
  };
  return {
    ...place,
    uidsAfter: (uid) => search({ uid: `${uid + 1}:*` }, uid),
    uidsSince: (since) => search({ since }, 0),
    async read(uid, maxOctets) {
      const ask = (query: FetchQueryObject) => asked(client.fetchOne(String(uid), query, { uid: true }));
      const found = await ask({ size: true, internalDate: true });
      if (!found) return null;
      const octets = found.size ?? 0;
      const complete = octets <= maxOctets;
      const body = await ask(complete ? { source: true } : { headers: true });
      const content = body && (complete ? body.source : body.headers);
      if (!content) return null;
      return { uid, octets, receivedAt: new Date(found.internalDate ?? 0), content, complete };
    },
    async markSeen(uids) {
      if (uids.length > 0) await client.messageFlagsAdd([...uids].join(","), ["\\Seen"], { uid: true });
    },
    async close() {
      onClose();
      try {
        await client.logout();
      } catch {
        client.close();
      }
    },
  };
}

function mailboxError(error: unknown, { host, port, folder }: ImapMailboxOptions): MailboxError {
  const { authenticationFailed, code, message, responseText } = error as Record<string, unknown>;
  const where = `${host}:${port}`;
  const said = (text: string) => new MailboxError(text, { cause: error });
  if (authenticationFailed === true) {
    return said(`The mail server at ${where} refuses the login: check user and password in INBOX_URL.`);
  }
  if (typeof responseText === "string") {
    return said(`The mail server at ${where} does not open "${folder}": ${responseText.slice(0, 200)}`);
  }
  return said(
    `The mail server at ${where} cannot be reached: ${String(code ?? message ?? "no answer").slice(0, 200)}`,
  );
}
