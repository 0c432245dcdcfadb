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
  await workByHand(world, host);
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

/**
 * What hosts ask for and are asked: a sync and a check by hand, the doctor's round, an edit of an event that is not ours, a series,
 * a question, and a mass change with its answer.
 */
async function workByHand(world: SyncHarness, host: Host): Promise<void> {
  const { person } = world.server;
  const { userId, calendarId } = host;
  person.create(calendarId, { title: "Dentist", time: hourAt("2030-01-15T12:00Z") });
  await world.pull(host);
  const day = { start: new Date("2030-01-15T00:00Z"), end: new Date("2030-01-16T00:00Z") };
  const [theirs] = await world.sync.externalEvents.list(userId, day);
  if (!theirs) throw new Error("an event of the calendar is in the view");
  await world.sync.externalEvents.edit(userId, theirs.id, { fields: { title: "Surgeon" }, ifVersion: null });
  await world.settle();
  await world.prisma.eventType.updateMany({ where: { userId }, data: { recurrenceFrequency: "WEEKLY" } });
  await world.bookings.book({
    username: host.username,
    eventType: host.slug,
    start: "2030-01-16T10:00:00.000Z",
    timeZone: "UTC",
    guest: { name: "dan", email: "dan@guest.test" },
    recurrence: { count: 3 },
  });
  await world.settle();
  const [series] = world.liveEvents(calendarId).filter(({ recurrence }) => recurrence !== null);
  await world.prisma.syncPreference.upsert({
    where: { userId },
    create: { userId, massChangeLimit: 1, outsideHours: "HOLD" },
    update: { massChangeLimit: 1, outsideHours: "HOLD" },
  });
  person.moveInstance(calendarId, series?.id ?? "", "2030-01-16T10:00:00.000Z", hourAt("2030-01-16T23:00Z"));
  await world.pull(host);
  await world.sync.conflicts.resolveMany(
    userId,
    (await world.sync.conflicts.list(userId, { state: "open" })).map(({ id }) => id),
    "local",
  );
  person.delete(calendarId, series?.id ?? "");
  for (let i = 0; i < 3; i++) await world.pull(host);
  for (const { id } of await world.sync.massChanges.list(userId, { state: "open" }))
    await world.sync.massChanges.decide(userId, id, "confirm");
  await world.settle();
  await world.sync.runs.start(userId, { kind: "sync", direction: "both", dryRun: false });
  await world.sync.runs.start(userId, { kind: "sync", direction: "both", dryRun: true });
  await world.sync.runs.start(userId, { kind: "doctor", fix: true });
  await world.settle();
  await world.prisma.calendarSync.updateMany({ where: { userId }, data: { nextCheckAt: world.clock() } });
  await world.sync.runCron("calendar-doctor");
  await world.settle();
}
