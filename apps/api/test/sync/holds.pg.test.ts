import { describe, expect, test } from "vitest";
import { type Host, hourAt, SyncHarness } from "./harness.ts";
import { onEmptyDatabase } from "./on-empty-database.ts";

let world: SyncHarness;
let host: Host;
let uid: string;

onEmptyDatabase(async (database) => {
  ({ world, host } = await SyncHarness.withHost(database));
  uid = await world.book(host, "2030-01-08T10:00Z");
  await world.settle();
  world.mails.splice(0);
});

const prefer = (data: { outsideHours?: "HOLD"; overlap?: "HOLD" }) =>
  world.prisma.syncPreference.create({ data: { userId: host.userId, ...data } });
const open = () => world.sync.conflicts.list(host.userId, { state: "open" });
const startOf = async (which = uid) => (await world.booking(which)).startTime.toISOString();
const eventStart = async (which = uid) => (await world.eventOf(which, host.calendarId)).time.start;

async function move(to: string, which = uid): Promise<void> {
  const { id } = await world.eventOf(which, host.calendarId);
  world.server.person.move(host.calendarId, id, hourAt(to));
  await world.settle();
}

describe("a move outside the host's hours", () => {
  test("is applied and told unless the host prefers to see it first", async () => {
    await move("2030-01-08T22:00Z");
    expect(await startOf()).toBe("2030-01-08T22:00:00.000Z");
    expect(await world.reasons(uid)).toContain("applied-outside-hours");
    world.clock.advance({ minutes: 2 });
    await world.settle();
    expect(
      world.mails.some(
        ({ to, text }) => !to.address.endsWith("guest.test") && text.includes("outside your hours"),
      ),
    ).toBe(true);
  });

  test("is held when the host prefers it: the booking keeps its time and no guest is told", async () => {
    await prefer({ outsideHours: "HOLD" });
    await move("2030-01-08T22:00Z");
    expect(await startOf()).toBe("2030-01-08T10:00:00.000Z");
    expect(await eventStart()).toBe("2030-01-08T22:00:00.000Z");
    expect(await open()).toMatchObject([
      { kind: "outside-hours", fields: ["time"], facts: { outsideHours: true } },
    ]);
    expect(world.mails.filter(({ to }) => to.address.endsWith("guest.test"))).toEqual([]);
  });

  test.each([
    ["remote", "2030-01-08T22:00:00.000Z"],
    ["local", "2030-01-08T10:00:00.000Z"],
  ] as const)("answered with %s, both sides agree", async (choice, start) => {
    await prefer({ outsideHours: "HOLD" });
    await move("2030-01-08T22:00Z");
    const [held] = await open();
    const { version, id } = await world.sync.conflicts.get(host.userId, held?.id ?? "");
    await world.sync.conflicts.resolve(host.userId, id, { choice, expectedVersion: version });
    await world.settle();
    expect(await startOf()).toBe(start);
    expect(await eventStart()).toBe(start);
    expect(await open()).toEqual([]);
    await world.pull(host);
    expect(await startOf()).toBe(start);
  });

  test("moved on to a time inside of them, it is applied and nothing is asked any more", async () => {
    await prefer({ outsideHours: "HOLD" });
    await move("2030-01-08T22:00Z");
    await move("2030-01-08T15:00Z");
    expect(await startOf()).toBe("2030-01-08T15:00:00.000Z");
    expect(await open()).toEqual([]);
    expect(await world.sync.conflicts.list(host.userId, { state: "closed" })).toMatchObject([
      { resolution: "overtaken" },
    ]);
    expect(await world.reasons(uid)).toContain("conflict-overtaken");
  });

  test("a title that was changed with it is taken at once; the time waits alone", async () => {
    await prefer({ outsideHours: "HOLD" });
    const { id } = await world.eventOf(uid, host.calendarId);
    world.server.person.edit(host.calendarId, id, { title: "Dinner", time: hourAt("2030-01-08T22:00Z") });
    await world.settle();
    expect((await world.booking(uid)).title).toBe("Dinner");
    expect(await startOf()).toBe("2030-01-08T10:00:00.000Z");
  });
});

describe("a move onto another booking", () => {
  test("is applied and told with what it overlaps, or held", async () => {
    const other = await world.book(host, "2030-01-08T14:00Z", "bob");
    await world.settle();
    await move("2030-01-08T14:00Z");
    expect(await startOf()).toBe("2030-01-08T14:00:00.000Z");
    expect(await world.reasons(uid)).toContain("applied-overlapping");
    await prefer({ overlap: "HOLD" });
    await move("2030-01-08T14:30Z", other);
    expect(await startOf(other)).toBe("2030-01-08T14:00:00.000Z");
    expect(await open()).toMatchObject([{ kind: "overlap", facts: { overlaps: [uid] } }]);
  });

  test("or onto a busy time of a connected calendar is held likewise", async () => {
    await prefer({ overlap: "HOLD" });
    world.server.person.create(host.calendarId, { time: hourAt("2030-01-08T15:00Z") });
    await world.settle();
    await move("2030-01-08T15:00Z");
    expect(await startOf()).toBe("2030-01-08T10:00:00.000Z");
    expect(await open()).toMatchObject([{ kind: "overlap", facts: { busy: true, overlaps: [] } }]);
  });

  test("two that change places at once stand in nobody's way", async () => {
    await prefer({ overlap: "HOLD" });
    const other = await world.book(host, "2030-01-08T14:00Z", "bob");
    await world.settle();
    const [mine, theirs] = await Promise.all([uid, other].map((one) => world.eventOf(one, host.calendarId)));
    world.server.person.move(host.calendarId, mine?.id ?? "", hourAt("2030-01-08T14:00Z"));
    world.server.person.move(host.calendarId, theirs?.id ?? "", hourAt("2030-01-08T10:00Z"));
    await world.settle();
    expect([await startOf(), await startOf(other)]).toEqual([
      "2030-01-08T14:00:00.000Z",
      "2030-01-08T10:00:00.000Z",
    ]);
    expect(await open()).toEqual([]);
  });
});
