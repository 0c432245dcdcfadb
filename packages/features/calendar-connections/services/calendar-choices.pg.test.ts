import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConnectionWorld,
  codeOf,
  createConnectionWorld,
  grantOf,
} from "./connection-world.test-support.ts";

let database: TestDatabase;
let world: ConnectionWorld;

beforeAll(async () => {
  database = await createTestDatabase();
  world = createConnectionWorld(database.prisma);
});
afterAll(() => database.drop());

/** A user with one account of two calendars, and one that is read-only. */
async function connected(name: string) {
  const userId = await world.createUser(name);
  const account = `${name}@calendar.example`;
  world.server.addCalendar(account, { name: "Own" });
  const second = world.server.addCalendar(account, { name: "Team" });
  const readOnly = world.server.addCalendar(account, { name: "Holidays", writable: false });
  const connectionId = await world.connect(userId, grantOf(account));
  return { userId, connectionId, account, second, readOnly };
}

function syncsOf(connectionId: number) {
  return database.prisma.calendarSync.findMany({
    where: { credentialId: connectionId },
    include: { subscriptions: true, selectedCalendars: true, destinationCalendars: true },
    orderBy: { name: "asc" },
  });
}

test("a chosen calendar gets one CalendarSync with a pending subscription, however often it is chosen", async () => {
  const { userId, connectionId, account } = await connected("chooser");
  await world.service.setSelected(userId, connectionId, [account, account]);
  await world.service.setDestination(userId, { connectionId, calendarId: account });
  await world.service.setSelected(userId, connectionId, [account]);
  const syncs = await syncsOf(connectionId);
  expect(syncs).toHaveLength(1);
  expect(syncs[0]).toMatchObject({ userId, name: "Own", status: "INITIAL", externalCalendarId: account });
  expect(syncs[0]?.subscriptions.map(({ status }) => status)).toEqual(["PENDING"]);
  expect(syncs[0]?.selectedCalendars).toHaveLength(1);
  expect(syncs[0]?.destinationCalendars).toHaveLength(1);
});

test("the list says which calendars are read and which one is written to", async () => {
  const { userId, connectionId, account, second, readOnly } = await connected("lister");
  await world.service.setSelected(userId, connectionId, [account, readOnly]);
  await world.service.setDestination(userId, { connectionId, calendarId: second });
  const calendars = await world.service.listCalendars(userId, connectionId);
  expect(
    calendars.map(({ name, selected, destination, writable }) => ({ name, selected, destination, writable })),
  ).toEqual([
    { name: "Own", selected: true, destination: false, writable: true },
    { name: "Team", selected: false, destination: true, writable: true },
    { name: "Holidays", selected: true, destination: false, writable: false },
  ]);
  const [connection] = await world.service.listConnections(userId);
  expect(connection).toMatchObject({
    id: connectionId,
    calendarCount: 3,
    status: "active",
    accountEmail: "lister@calendar.example",
  });
});

test("choosing replaces what was chosen before", async () => {
  const { userId, connectionId, account, second } = await connected("changer");
  await world.service.setSelected(userId, connectionId, [account]);
  const calendars = await world.service.setSelected(userId, connectionId, [second]);
  expect(calendars.filter(({ selected }) => selected).map(({ id }) => id)).toEqual([second]);
  expect(await world.service.setSelected(userId, connectionId, [])).toSatisfy(
    (all: { selected: boolean }[]) => all.every(({ selected }) => !selected),
  );
});

test("of many destinations chosen at once exactly one stands", async () => {
  const { userId, connectionId, account, second } = await connected("hasty");
  await Promise.all(
    [account, second, account, second, account].map((calendarId) =>
      world.service.setDestination(userId, { connectionId, calendarId }),
    ),
  );
  expect(await world.service.listDestinations(userId)).toHaveLength(1);
});

test("an event type may have a destination of its own, until it goes with the default again", async () => {
  const { userId, connectionId, account, second } = await connected("splitter");
  const { id } = await database.prisma.eventType.create({
    data: { userId, title: "Intro", slug: "intro", durationMinutes: 30 },
  });
  await world.service.setDestination(userId, { connectionId, calendarId: account });
  await world.service.setDestination(userId, { connectionId, calendarId: second, eventTypeId: id });
  const destinations = await world.service.listDestinations(userId);
  expect(destinations.map(({ calendarId, eventTypeId }) => ({ calendarId, eventTypeId }))).toEqual([
    { calendarId: account, eventTypeId: null },
    { calendarId: second, eventTypeId: id },
  ]);
  const stranger = await connected("splitters-stranger");
  await world.service.clearDestination(stranger.userId, id);
  expect(await world.service.listDestinations(userId)).toHaveLength(2);
  await world.service.clearDestination(userId, id);
  expect((await world.service.listDestinations(userId)).map(({ eventTypeId }) => eventTypeId)).toEqual([
    null,
  ]);
});

test("a read-only calendar, an unknown calendar and an unknown event type are refused", async () => {
  const { userId, connectionId, account, readOnly } = await connected("mistaken");
  const to = (calendarId: string, eventTypeId?: number) =>
    codeOf(world.service.setDestination(userId, { connectionId, calendarId, eventTypeId }));
  expect(await to(readOnly)).toBe("calendar_read_only");
  expect(await to("nowhere")).toBe("unknown_calendar");
  expect(await to(account, 999_999)).toBe("event_type_not_found");
  expect(await codeOf(world.service.setSelected(userId, connectionId, [account, "nowhere"]))).toBe(
    "unknown_calendar",
  );
  expect(await syncsOf(connectionId)).toEqual([]);
});

test("a user never reaches another's connection", async () => {
  const owner = await connected("owner");
  const stranger = await connected("stranger");
  const { service } = world;
  const foreign = owner.connectionId;
  const refusals = await Promise.all([
    codeOf(service.listCalendars(stranger.userId, foreign)),
    codeOf(service.setSelected(stranger.userId, foreign, [])),
    codeOf(service.setDestination(stranger.userId, { connectionId: foreign, calendarId: owner.account })),
    codeOf(service.disconnect(stranger.userId, foreign)),
  ]);
  expect(new Set(refusals)).toEqual(new Set(["connection_not_found"]));
  expect((await service.listConnections(stranger.userId)).map(({ id }) => id)).toEqual([
    stranger.connectionId,
  ]);
  const eventType = await database.prisma.eventType.create({
    data: { userId: owner.userId, title: "Private", slug: "private", durationMinutes: 30 },
  });
  const choice = {
    connectionId: stranger.connectionId,
    calendarId: stranger.account,
    eventTypeId: eventType.id,
  };
  expect(await codeOf(service.setDestination(stranger.userId, choice))).toBe("event_type_not_found");
});

test("a connection that the provider has ended asks to be connected again", async () => {
  const { userId, connectionId } = await connected("ended");
  const { access } = await world.store.open(connectionId);
  await access.markInvalid("invalid_grant");
  expect(await codeOf(world.service.listCalendars(userId, connectionId))).toBe("connection_invalid");
});

test("disconnecting deletes the calendars, keeps bookings, and ends the grant when nobody else uses the account", async () => {
  const { userId, connectionId, account } = await connected("leaver");
  await world.service.setDestination(userId, { connectionId, calendarId: account });
  const [sync] = await syncsOf(connectionId);
  const start = new Date("2026-03-05T10:00:00Z");
  const end = new Date("2026-03-05T10:30:00Z");
  const booking = await database.prisma.booking.create({
    data: {
      hostId: userId,
      title: "Stays",
      startTime: start,
      endTime: end,
      occupiedStart: start,
      occupiedEnd: end,
      timeZone: "UTC",
      iCalUid: "stays@example.com",
      references: { create: { calendarSyncId: sync?.id ?? "" } },
    },
  });
  const other = await world.createUser("flatmate");
  const theirs = await world.connect(other, grantOf(account));

  await world.service.disconnect(userId, connectionId);
  expect(world.desk.revoked).toEqual([]);
  expect(await syncsOf(connectionId)).toEqual([]);
  expect(await world.service.listConnections(userId)).toEqual([]);
  expect(await database.prisma.booking.count({ where: { id: booking.id } })).toBe(1);

  await world.service.disconnect(other, theirs);
  expect(world.desk.revoked).toEqual([{ account, refreshToken: `refresh-${account}` }]);
});
