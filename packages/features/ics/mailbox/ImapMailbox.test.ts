import { DovecotServer, IMAP_PASSWORD, isDovecotInstalled } from "@calsync/testing/imap-server";
import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createImapMailbox, type ImapMailboxOptions } from "./ImapMailbox.ts";

const mail = (subject: string, body = "Hello") =>
  `From: ann@guest.test\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;
const never = new AbortController().signal;

describe.runIf(isDovecotInstalled())("a mailbox on a real IMAP server", () => {
  let server: DovecotServer;
  beforeAll(async () => {
    server = await DovecotServer.start();
  });
  afterAll(() => server.close());

  const optionsFor = (user: string, more: Partial<ImapMailboxOptions> = {}): ImapMailboxOptions => ({
    host: "127.0.0.1",
    port: server.port,
    tls: "none",
    user,
    password: IMAP_PASSWORD,
    folder: "INBOX",
    ...more,
  });
  async function asPerson<T>(user: string, act: (client: ImapFlow) => Promise<T>): Promise<T> {
    const { host, port } = optionsFor(user);
    const client = new ImapFlow({
      host,
      port,
      secure: false,
      doSTARTTLS: false,
      auth: { user, pass: IMAP_PASSWORD },
      logger: false,
    });
    await client.connect();
    try {
      return await act(client);
    } finally {
      await client.logout();
    }
  }
  const deliver = (user: string, ...mails: string[]) => {
    for (const one of mails) server.deliver(user, one);
  };

  test("messages are found after a number and since a day, read as they came, and marked as read", async () => {
    deliver("reader", mail("one"), mail("two"), mail("three"));
    const opened = await createImapMailbox(optionsFor("reader")).open(never);
    const uids = await opened.uidsSince(new Date(Date.now() - 86_400_000));
    expect(uids).toHaveLength(3);
    expect(await opened.uidsAfter(uids[0] ?? 0)).toEqual(uids.slice(1));
    expect(await opened.uidsAfter(uids[2] ?? 0)).toEqual([]);
    expect(opened.nextUid).toBe((uids[2] ?? 0) + 1);
    const message = await opened.read(uids[1] ?? 0, 10_000);
    expect(message).toMatchObject({ uid: uids[1], complete: true, octets: mail("two").length });
    expect(Buffer.from(message?.content ?? []).toString()).toBe(mail("two"));
    expect(await opened.read(999, 10_000)).toBeNull();
    await opened.markSeen([uids[0] ?? 0]);
    await opened.close();
    const unread = await asPerson("reader", async (client) => {
      await client.mailboxOpen("INBOX");
      return client.search({ seen: false }, { uid: true });
    });
    expect(unread).toEqual(uids.slice(1));
  });

  test("of a message that is too large only the header is fetched", async () => {
    deliver("large", mail("large", "x".repeat(50_000)));
    const opened = await createImapMailbox(optionsFor("large")).open(never);
    const message = await opened.read(1, 10_000);
    await opened.close();
    expect(message).toMatchObject({ complete: false });
    expect(Buffer.from(message?.content ?? []).toString()).toMatch(/^From: ann.*\r\nSubject: large/);
    expect(message?.content.length).toBeLessThan(200);
  });

  test("it is read over TLS from the start and after STARTTLS, and only with a certificate that is trusted", async () => {
    deliver("secure", mail("one"));
    const secure: Partial<ImapMailboxOptions> = { host: "localhost", ca: server.ca };
    for (const tls of ["immediate", "upgrade"] as const) {
      const port = tls === "immediate" ? server.tlsPort : server.port;
      const opened = await createImapMailbox(optionsFor("secure", { ...secure, port, tls })).open(never);
      expect(await opened.uidsAfter(0)).toHaveLength(1);
      await opened.close();
    }
    const untrusted = optionsFor("secure", { host: "localhost", port: server.tlsPort, tls: "immediate" });
    await expect(createImapMailbox(untrusted).open(never)).rejects.toThrow(
      /cannot be reached: .*SELF_SIGNED/,
    );
  });

  test("what is wrong is said in words, without the password", async () => {
    const wrong = createImapMailbox(optionsFor("reader", { password: "hunter2" }));
    await expect(wrong.open(never)).rejects.toThrow(
      /^The mail server at .* refuses the login: check .* INBOX_URL\.$/,
    );
    const nowhere = createImapMailbox(optionsFor("reader", { folder: "Nowhere" }));
    await expect(nowhere.open(never)).rejects.toThrow(/does not open "Nowhere": Mailbox doesn't exist/);
    const closed = createImapMailbox(optionsFor("reader", { port: 1 }));
    await expect(closed.open(never)).rejects.toThrow("cannot be reached: ECONNREFUSED");
  });
});
