import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BY_GUEST, calendarPart, MailWorld } from "../test-support/mail-world.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await MailWorld.open();
});
afterAll(() => world.close());
beforeEach(() => world.reset());

describe("mails about bookings", () => {
  test("name the organizer whom the first one named, when an inbox comes or goes between them", async () => {
    const [before, after] = [await world.makeBooking(), await world.makeBooking()];
    const organizers = (email: string) =>
      world.mailsTo(email).map((mail) => /ORGANIZER.*:mailto:(.*)/.exec(calendarPart(mail).content)?.[1]);
    await world.queue({ bookingId: before.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run();
    await world.move(before.id, 1);
    world.now = new Date(world.now.getTime() + 10_000);
    await world.queue({ bookingId: after.id, kind: "booked", sequence: 0, actor: BY_GUEST });
    await world.run(world.smtp(), "calendar+dana@calsync.test");
    await world.setStatus(after.id, "CANCELLED");
    await world.run();
    expect(organizers(before.attendees[0]!.email)).toEqual([before.host.email, before.host.email]);
    expect(organizers(after.attendees[0]!.email)).toEqual(Array(2).fill("calendar+dana@calsync.test"));
    expect(organizers(after.host.email)).toEqual([after.host.email, after.host.email]);
  });

  test("of a series name one organizer too, about all of it and about single dates", async () => {
    const [first, second] = [await world.makeBooking(), await world.makeBooking()];
    const { email } = first.attendees[0]!;
    const { id: seriesId } = await world.database.prisma.bookingSeries.create({
      data: {
        hostId: first.hostId,
        title: first.title,
        startTime: first.startTime,
        endTime: first.endTime,
        timeZone: "Europe/Berlin",
        recurrence: ["RRULE:FREQ=DAILY;COUNT=2"],
        iCalUid: `series-${first.iCalUid}`,
      },
    });
    for (const { id, startTime } of [first, second]) {
      const attendees = { updateMany: { where: {}, data: { email } } };
      const data = { recurringGroup: seriesId, originalStart: startTime.toISOString(), hostId: first.hostId };
      await world.database.prisma.booking.update({ where: { id }, data: { ...data, attendees } });
    }
    await world.queue({ bookingId: first.id, kind: "booked", sequence: 0, actor: BY_GUEST, seriesId });
    await world.run(world.smtp(), "calendar+dana@calsync.test");
    await world.move(second.id, 1);
    world.now = new Date(world.now.getTime() + 10_000);
    await world.run();
    const contents = world.mailsTo(email).map((mail) => calendarPart(mail).content);
    expect(contents).toHaveLength(2);
    for (const content of contents) {
      expect(content).toContain(`UID:series-${first.iCalUid}\n`);
      expect(content).toMatch(/ORGANIZER.*:mailto:calendar\+dana@calsync\.test\n/);
    }
  });
});
