import { runJobsUntilEmpty } from "@calsync/jobs";
import { Mailbox } from "@calsync/provider-sandbox";
import { DovecotServer, IMAP_PASSWORD, isDovecotInstalled } from "@calsync/testing/imap-server";
import { expect, test } from "vitest";
import { createApiWorld } from "../test-support/api-world.ts";

test.runIf(isDovecotInstalled())(
  "a guest's calendar answers our invitation by mail, and the answer comes in over IMAP, once for all workers",
  async () => {
    const sent = new Mailbox();
    const [server, smtpPort] = await Promise.all([DovecotServer.start(), sent.start({ port: 0 })]);
    const world = await createApiWorld({
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      INBOX_URL: `imap://calendar%40app.example:${IMAP_PASSWORD}@127.0.0.1:${server.port}`,
      INBOX_AUTHSERV_ID: "mx.app.example",
    });
    const { container, database } = world;
    const runJobs = () => runJobsUntilEmpty(database.prisma, container.jobs);
    try {
      const host = await world.signUp("dana");
      await host.send("POST", "/v1/event-types", { title: "Intro", slug: "intro", durationMinutes: 30 });
      const start = `${new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10)}T10:00:00.000Z`;
      const guest = { name: "Ann", email: "ann@guest.test" };
      const body = { username: "dana", eventType: "intro", start, timeZone: "UTC", guest };
      const booked = await world.app.inject({ method: "POST", url: "/v1/bookings", body });
      await runJobs();
      const invitationOf = (to: string) => sent.messages({ to })[0]?.invitations[0];
      const { organizer = "", uid = "" } = invitationOf(guest.email) ?? {};
      expect(organizer).toMatch(/^calendar\+[0-9a-f]{32}@app\.example$/);
      // The host's own copy is the host's.
      expect(invitationOf(host.email)?.organizer).toBe(host.email);

      server.deliver(
        "calendar",
        replyTo(organizer, uid, "Authentication-Results: mx.app.example; dkim=fail"),
      );
      server.deliver(
        "calendar",
        replyTo(organizer, uid, "Authentication-Results: mx.app.example; dkim=pass header.d=guest.test"),
      );
      const reading = { log: container.log, signal: new AbortController().signal };
      const reports = await Promise.all([
        container.ics.inbox?.read(reading),
        container.ics.inbox?.read(reading),
      ]);
      expect(reports.filter(Boolean)).toMatchObject([{ messages: 2, handled: 1, setAside: 1 }]);
      const { attendees } = await database.prisma.booking.findUniqueOrThrow({
        where: { uid: booked.json().booking.uid },
        include: { attendees: true },
      });
      expect(attendees).toMatchObject([{ response: "DECLINED" }]);
      const { imports } = (await host.get("/v1/imports")).json();
      expect(imports.map(({ mail }: { mail: { setAside: string } }) => mail.setAside).sort()).toEqual([
        "not-authenticated",
        null,
      ]);
      expect(await container.ics.inbox?.read(reading)).toMatchObject({ messages: 0, more: false });
      expect((await host.get("/v1/inbox")).json().inbox).toMatchObject({
        address: organizer,
        lastError: null,
        setAside: [],
      });
    } finally {
      await world.close();
      await sent.close();
      await server.close();
    }
  },
);

/** What a guest's calendar sends when they decline. */
function replyTo(organizer: string, uid: string, ...headers: string[]): string {
  const calendar = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "METHOD:REPLY",
    "BEGIN:VEVENT",
    `UID:${uid}`,
    "DTSTAMP:20260101T000000Z",
  ]
    .concat(
      `ORGANIZER:mailto:${organizer}`,
      "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@guest.test",
      "END:VEVENT",
      "END:VCALENDAR",
    )
    .join("\r\n");
  return [
    ...headers,
    "From: Ann <ann@guest.test>",
    `To: ${organizer}`,
    `Message-ID: <${headers.join().length}@guest.test>`,
  ]
    .concat(
      "Subject: Declined: Intro",
      "Content-Type: text/calendar; method=REPLY; charset=utf-8",
      "",
      calendar,
      "",
    )
    .join("\r\n");
}
