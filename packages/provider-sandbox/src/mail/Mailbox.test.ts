import Fastify, { type FastifyInstance } from "fastify";
import nodemailer, { type SendMailOptions, type Transporter } from "nodemailer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Mailbox } from "./Mailbox.ts";
import { registerMailRoutes } from "./routes.ts";
import type { MailSummary } from "./types.ts";

const INVITATION = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//test//EN",
  "METHOD:REQUEST",
  "BEGIN:VEVENT",
  "UID:booking-7@calsync.example",
  "SEQUENCE:2",
  "DTSTAMP:20261101T080000Z",
  "DTSTART;TZID=Europe/Berlin:20261124T100000",
  "DTEND;TZID=Europe/Berlin:20261124T103000",
  "SUMMARY:Intro call",
  "LOCATION:Room 1\\, second floor",
  "ORGANIZER;CN=Ada:mailto:Ada@example.com",
  "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:guest@example.com",
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

let mailbox: Mailbox;
let transport: Transporter;

beforeEach(async () => {
  mailbox = new Mailbox({ capacity: 3, clock: () => new Date("2026-11-21T09:00:00Z") });
  const port = await mailbox.start({ port: 0 });
  transport = nodemailer.createTransport({ host: "127.0.0.1", port });
});

afterEach(async () => {
  transport.close();
  await mailbox.close();
});

function send(fields: SendMailOptions) {
  return transport.sendMail({
    from: "calsync <no-reply@calsync.example>",
    to: "guest@example.com",
    ...fields,
  });
}

describe("Mailbox", () => {
  test("keeps what came over SMTP with its texts, its addresses and its blind copies", async () => {
    await send({
      to: "Gästin <Guest@example.com>, other@example.com",
      bcc: "hidden@example.com",
      subject: "Bestätigt ✓",
      text: "Bis Dienstag",
      html: "<p>Bis Dienstag</p>",
      date: new Date("2026-11-20T10:00:00Z"),
    });
    const [mail] = mailbox.messages();
    expect(mail).toMatchObject({
      id: "1",
      from: { name: "calsync", address: "no-reply@calsync.example" },
      to: [
        { name: "Gästin", address: "Guest@example.com" },
        { name: "", address: "other@example.com" },
      ],
      subject: "Bestätigt ✓",
      date: "2026-11-20T10:00:00.000Z",
      receivedAt: "2026-11-21T09:00:00.000Z",
    });
    expect(mail?.recipients.toSorted()).toEqual([
      "guest@example.com",
      "hidden@example.com",
      "other@example.com",
    ]);
    expect(mail?.text.trim()).toBe("Bis Dienstag");
    expect(mail?.html.trim()).toBe("<p>Bis Dienstag</p>");
    expect(mailbox.messages({ to: "HIDDEN@example.com" })).toHaveLength(1);
    expect(mailbox.messages({ to: "nobody@example.com" })).toHaveLength(0);
  });

  test("reads an invitation once, though it is both an alternative and a file", async () => {
    await send({
      subject: "Invitation",
      text: "see file",
      icalEvent: { method: "REQUEST", content: INVITATION },
    });
    const mail = mailbox.messages()[0];
    expect(mail?.attachments.map(({ mimeType, method }) => [mimeType, method])).toContainEqual([
      "text/calendar",
      "REQUEST",
    ]);
    expect(mail?.invitations).toEqual([
      {
        method: "REQUEST",
        uid: "booking-7@calsync.example",
        sequence: 2,
        summary: "Intro call",
        location: "Room 1, second floor",
        start: { local: "2026-11-24T10:00:00", timeZone: "Europe/Berlin", instant: "2026-11-24T09:00:00Z" },
        end: { local: "2026-11-24T10:30:00", timeZone: "Europe/Berlin", instant: "2026-11-24T09:30:00Z" },
        organizer: "ada@example.com",
        attendees: [{ address: "guest@example.com", status: "NEEDS-ACTION" }],
      },
    ]);
  });

  test("keeps a mail whose invitation is broken, without an invitation", async () => {
    await send({
      subject: "Broken",
      text: "x",
      icalEvent: { method: "REQUEST", content: "BEGIN:VCALENDAR\r\nnonsense" },
    });
    expect(mailbox.messages()[0]).toMatchObject({ subject: "Broken", invitations: [] });
  });

  test("waits for a mail to come, finds one that is here, and says what came when it does not", async () => {
    const coming = mailbox.waitFor((mail) => mail.subject === "second", 3_000);
    await send({ subject: "first" });
    await send({ subject: "second" });
    expect((await coming).id).toBe("2");
    expect((await mailbox.waitFor((mail) => mail.subject === "first")).id).toBe("1");
    await expect(mailbox.waitFor((mail) => mail.subject === "third", 20)).rejects.toThrow(
      'No such mail within 20 ms. Received: "first" to guest@example.com; "second" to guest@example.com.',
    );
  });

  test("keeps the latest mails up to its capacity and never gives an id twice", async () => {
    for (const subject of ["a", "b", "c", "d"]) await send({ subject });
    expect(mailbox.messages().map((mail) => mail.subject)).toEqual(["b", "c", "d"]);
    mailbox.clear();
    expect(mailbox.messages()).toEqual([]);
    await send({ subject: "e" });
    expect(mailbox.messages()[0]?.id).toBe("5");
  });

  test("goes on with the kept mails and ids after a restart", async () => {
    await send({ subject: "before" });
    const restarted = new Mailbox();
    restarted.restore(JSON.parse(JSON.stringify(mailbox.state())));
    expect(restarted.messages()).toEqual(mailbox.messages());
    expect(restarted.state().nextId).toBe(2);
  });

  test("refuses mails with a temporary error when told to, and takes the repeated one", async () => {
    mailbox.refuseNext(1);
    await expect(send({ subject: "again" })).rejects.toMatchObject({ responseCode: 451 });
    await send({ subject: "again" });
    expect(mailbox.messages()).toHaveLength(1);
  });

  test("listens on loopback, and says so when it listens already", async () => {
    await expect(mailbox.start({ port: 0 })).rejects.toThrow("The mailbox listens already");
    expect(mailbox.port).toBeGreaterThan(0);
  });
});

describe("mail routes", () => {
  let app: FastifyInstance;
  let url: string;

  beforeEach(async () => {
    app = Fastify();
    registerMailRoutes(app, mailbox);
    url = await app.listen({ port: 0, host: "127.0.0.1" });
  });

  afterEach(() => app.close());

  test("lists newest first, per recipient, shows one mail and empties the mailbox", async () => {
    await send({ subject: "one" });
    await send({
      subject: "two",
      to: "other@example.com",
      icalEvent: { method: "CANCEL", content: INVITATION },
    });
    const list = async (query = "") => {
      const answer = (await (await fetch(`${url}/sandbox/api/mail${query}`)).json()) as {
        mails: MailSummary[];
      };
      return answer.mails;
    };
    expect((await list()).map((mail) => mail.subject)).toEqual(["two", "one"]);
    expect(await list("?to=other@example.com")).toMatchObject([{ id: "2", methods: ["REQUEST"] }]);
    expect(await (await fetch(`${url}/sandbox/api/mail/1`)).json()).toEqual(mailbox.message("1"));
    expect((await fetch(`${url}/sandbox/api/mail/99`)).status).toBe(404);
    expect((await fetch(`${url}/sandbox/api/mail`, { method: "DELETE" })).status).toBe(204);
    expect(await list()).toEqual([]);
  });

  test("tells listening pages of each mail, and closing does not wait for them", async () => {
    const response = await fetch(`${url}/sandbox/api/mail/stream`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    await send({ subject: "live" });
    while (!seen.includes("event: received")) seen += (await reader.read()).value ?? "";
    expect(seen).toContain('"subject":"live"');
    await app.close();
    while (!(await reader.read()).done);
  });
});
