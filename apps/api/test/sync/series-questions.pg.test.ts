import { expect, test } from "vitest";
import { type Host, hourAt, type SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";
import { SeriesStory } from "./series-story.ts";

let story: SeriesStory;
let world: SyncHarness;
let host: Host;
let uids: string[];

onEmptyDatabase(async (database) => {
  story = await SeriesStory.begin(database);
  ({ world, host } = story);
  uids = await story.bookSeries();
});

const prefer = (data: { outsideHours?: "HOLD"; overlap?: "HOLD"; conflictPolicy?: "ASK" }) =>
  world.prisma.syncPreference.create({ data: { userId: host.userId, ...data } });
const open = () => world.sync.conflicts.list(host.userId, { state: "open" });
async function answer(choice: "local" | "remote"): Promise<void> {
  await world.sync.conflicts.resolveMany(
    host.userId,
    (await open()).map(({ id }) => id),
    choice,
  );
  await world.settle();
}
/** When the calendar shows the instances at these original starts. */
const shownAt = (slots: readonly string[]) =>
  slots.map((slot) => story.instanceAt(story.master().id, slot)?.time.start.slice(5, 16));

test("a series moved outside the host's hours is applied, and told once", async () => {
  world.server.person.move(host.calendarId, story.master().id, hourAt("2030-01-08T22:00Z"));
  await world.settle();
  expect(await story.startsOf(uids)).toEqual(["01-08T22:00", "01-15T22:00", "01-22T22:00", "01-29T22:00"]);
  expect(await world.reasons(uids[3] ?? "")).toContain("applied-outside-hours");
  world.clock.advance({ minutes: 2 });
  await world.settle();
  const told = world.mails.filter(({ text }) => text.includes("outside your hours"));
  expect(told).toHaveLength(1);
  expect(told[0]?.text.match(/outside your hours/g)).toHaveLength(1);
});

test.each([
  ["remote", ["01-08T22:00", "01-15T22:00", "01-22T22:00", "01-29T22:00"]],
  ["local", ["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]],
] as const)(
  "a series moved outside the hours is held where the host prefers it, and answered with %s both sides agree",
  async (choice, starts) => {
    await prefer({ outsideHours: "HOLD" });
    const mails = world.mails.length;
    world.server.person.move(host.calendarId, story.master().id, hourAt("2030-01-08T22:00Z"));
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-08T10:00", "01-15T10:00", "01-22T10:00", "01-29T10:00"]);
    expect((await open()).map(({ kind }) => kind)).toEqual(Array(4).fill("outside-hours"));
    expect(world.mails.slice(mails).filter(({ to }) => to.address.endsWith("guest.test"))).toEqual([]);
    await answer(choice);
    expect(await story.startsOf(uids)).toEqual(starts);
    expect(await open()).toEqual([]);
    const slots = ["2030-01-08", "2030-01-15", "2030-01-22", "2030-01-29"].map(
      (day) => `${day}T22:00:00.000Z`,
    );
    expect(shownAt(slots)).toEqual(starts);
    await world.pull(host);
    expect(await story.startsOf(uids)).toEqual(starts);
  },
);

test("of a series moved onto another booking, the date that meets it is asked about, and the others follow", async () => {
  await prefer({ overlap: "HOLD" });
  await world.book(host, "2030-01-23T12:00Z", "bob");
  world.server.person.move(host.calendarId, story.master().id, hourAt("2030-01-09T12:00Z"));
  await world.settle();
  expect(await story.startsOf(uids)).toEqual(["01-09T12:00", "01-16T12:00", "01-22T10:00", "01-30T12:00"]);
  expect(await open()).toMatchObject([{ kind: "overlap", booking: { uid: uids[2] } }]);
  await answer("local");
  expect(shownAt(["2030-01-23T12:00:00.000Z"])).toEqual(["01-22T10:00"]);
});

test.each([
  ["remote", "01-16T12:00"],
  ["local", "01-17T09:00"],
] as const)(
  "a date moved here and with its series out there is asked about under that policy; %s counts then",
  async (choice, start) => {
    await prefer({ conflictPolicy: "ASK" });
    const change = { start: "2030-01-17T09:00:00.000Z" };
    await world.bookings.reschedule(uids[1] ?? "", change, { userId: host.userId });
    world.clock.advance({ minutes: 1 });
    world.server.person.move(host.calendarId, story.master().id, hourAt("2030-01-09T12:00Z"));
    await world.settle();
    expect(await story.startsOf(uids)).toEqual(["01-09T12:00", "01-17T09:00", "01-23T12:00", "01-30T12:00"]);
    expect(await open()).toMatchObject([{ kind: "fields", fields: ["time"], booking: { uid: uids[1] } }]);
    await answer(choice);
    await world.pull(host);
    expect((await story.startsOf(uids))[1]).toBe(start);
    expect(shownAt(["2030-01-16T12:00:00.000Z"])).toEqual([start]);
    expect(await open()).toEqual([]);
  },
);

test("a date moved here whose series is deleted out there is not asked about: it stands as an event of its own, its host is told, and its history says why", async () => {
  await prefer({ conflictPolicy: "ASK" });
  const [, moved = ""] = uids;
  const { email: hostAddress } = await world.prisma.user.findUniqueOrThrow({ where: { id: host.userId } });
  await world.bookings.reschedule(moved, { start: "2030-01-17T09:00:00.000Z" }, { userId: host.userId });
  world.clock.advance({ minutes: 1 });
  world.server.person.delete(host.calendarId, story.master().id);
  await world.settle();
  expect(await open()).toEqual([]);
  expect(await story.startsOf(uids)).toEqual(["cancelled", "01-17T09:00", "cancelled", "cancelled"]);
  expect(world.liveEvents(host.calendarId).map(({ time }) => time.start)).toEqual([
    "2030-01-17T09:00:00.000Z",
  ]);
  const seen = (await world.sync.history(host.userId, moved)).map(({ explanation }) => explanation);
  expect(seen).toContain(
    "The event was deleted in the calendar while the booking was changed here; the change wins and the event comes back.",
  );
  world.clock.advance({ minutes: 2 });
  await world.settle();
  const told = world.mails.filter(
    ({ to, text }) => to.address === hostAddress && text.includes("the change wins"),
  );
  expect(told).toHaveLength(1);
  const others = await world.sync.history(host.userId, uids[2] ?? "");
  expect(others.find(({ reason }) => reason === "series-deleted")).toMatchObject({ undoable: true });
});
