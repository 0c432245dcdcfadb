import { type Host, hourAt, type SyncHarness } from "./harness.ts";

/**
 * Everything that crons and jobs do, at least once: channels made, renewed and stopped, bookings pushed, events of all kinds
 * pulled, a cursor lost, series mirrored further, mails sent, an account that ends and comes back.
 */
export async function liveThrough(world: SyncHarness): Promise<Host> {
  const host = await world.host();
  const { person } = world.server;
  await world.tick();
  const uids = [
    await world.book(host, "2030-01-08T10:00Z"),
    await world.book(host, "2030-01-09T10:00Z", "bob"),
    await world.book(host, "2030-01-10T10:00Z", "cyd"),
  ];
  await world.settle();
  const [first, second, third] = await Promise.all(uids.map((uid) => world.eventOf(uid, host.calendarId)));
  person.move(host.calendarId, first?.id ?? "", hourAt("2030-01-08T14:00Z"));
  person.edit(host.calendarId, second?.id ?? "", { title: "Renamed", location: "Here" });
  person.create(host.calendarId, { time: hourAt("2030-01-11T10:00Z") });
  const series = person.create(host.calendarId, {
    time: hourAt("2030-01-12T10:00Z"),
    recurrence: ["RRULE:FREQ=DAILY;COUNT=10"],
  });
  person.moveInstance(host.calendarId, series, "2030-01-13T10:00:00.000Z", hourAt("2030-01-13T12:00Z"));
  await world.settle();
  person.delete(host.calendarId, third?.id ?? "");
  person.delete(host.calendarId, series);
  await world.settle();
  person.restore(host.calendarId, third?.id ?? "");
  await world.settle();
  // A write whose answer is lost, a conflict, and a refusal.
  world.server.faults.next("updateEvent", { kind: "lost-answer" });
  await world.bookings.reschedule(
    uids[0] ?? "",
    { start: "2030-01-08T16:00:00.000Z" },
    { userId: host.userId },
  );
  person.edit(host.calendarId, first?.id ?? "", { description: "Edited meanwhile" });
  await world.settle();
  world.clock.advance({ minutes: 5 });
  await world.tick();
  world.server.expireCursors();
  world.clock.advance({ hours: 5 });
  await world.tick();
  // Another destination; the old calendar falls out of use when its bookings are over.
  const other = world.server.addCalendar(host.account);
  await world.useCalendar(host, other, { destination: true });
  await world.bookings.cancel(uids[1] ?? "", {}, { userId: host.userId });
  await world.tick();
  for (let day = 0; day < 7; day++) {
    world.clock.advance({ days: 1 });
    await world.tick();
  }
  await world.prisma.$transaction((tx) => world.sync.credentialReconnected(tx, host.credentialId));
  await world.settle();
  world.clock.advance({ days: 250 });
  await world.tick();
  await world.sync.credentialWillBeRemoved(host.credentialId);
  return host;
}
