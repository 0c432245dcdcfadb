import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A mail server of the test's own (SMTP) that takes everything and passes nothing on. */
export interface MailSink {
  port: number;
  /** Whom mails went to, in order. */
  recipients: string[];
  close(): Promise<void>;
}

export async function startMailSink(): Promise<MailSink> {
  const recipients: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.write("220 localhost ready\r\n");
    let inMail = false;
    createInterface({ input: socket }).on("line", (line) => {
      if (inMail && line !== ".") return;
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "RCPT") recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? "");
      inMail = !inMail && verb === "DATA";
      socket.write(`${inMail ? "354 go on" : verb === "QUIT" ? "221 bye" : "250 taken"}\r\n`);
      if (verb === "QUIT") socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    recipients,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Says one thing after the other, each when the one before was answered (SMTP, LMTP). @throws Error at a refusal */
export async function converse(socket: Socket, said: readonly string[]): Promise<void> {
  const left = [...said];
  try {
    // The rejection of a socket that cannot be opened.
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      createInterface({ input: socket }).on("line", (line) => {
        if (/^\d{3}-/.test(line)) return;
        if (/^[45]/.test(line)) reject(new Error(`refused: ${line}`));
        const next = left.shift();
        if (next === undefined) resolve();
        else socket.write(`${next}\r\n`);
      });
    });
  } finally {
    socket.destroy();
  }
}
