import type { AddressInfo } from "node:net";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";

/** A mail as it arrived, with the recipient that SMTP named. */
export interface ReceivedMail extends Email {
  envelopeTo: string;
  /** As it came over the wire. */
  raw: string;
}

/** A real SMTP server on a free port of the loopback interface that keeps what it gets. */
export interface MailServer {
  url: string;
  mails: ReceivedMail[];
  /** Answers RCPT with this status for as long as it is set. */
  refuseWith: number | null;
  /** Called when a mail has arrived, before the answer. */
  onMail: (() => Promise<void>) | null;
  close(): Promise<void>;
}

/** A mail server in this process, which keeps what arrives. */
export async function startMailServer(): Promise<MailServer> {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo(_address, _session, callback) {
      if (server.refuseWith === null) return callback();
      callback(Object.assign(new Error("refused"), { responseCode: server.refuseWith }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        const raw = Buffer.concat(chunks);
        const mail = await PostalMime.parse(raw);
        const envelopeTo = session.envelope.rcptTo[0]?.address ?? "";
        server.mails.push({ ...mail, envelopeTo, raw: raw.toString() });
        await server.onMail?.();
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  const { port } = smtp.server.address() as AddressInfo;
  const server: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    mails: [],
    refuseWith: null,
    onMail: null,
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
  return server;
}
