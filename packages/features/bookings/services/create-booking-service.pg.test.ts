import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createEventTypeSchema, type UpdateEventType, updateEventTypeSchema } from "../dto.ts";
import { type BookingWorld, MONDAY, makeBookingWorld, type TestHost } from "../test-support/booking-world.ts";
import type { Viewer } from "./viewer.ts";

let world: BookingWorld;
let host: TestHost;
beforeAll(async () => {
  world = await makeBookingWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  world.now = MONDAY;
  world.busy = [];
  host = await world.makeHost();
});

const book = (time: string, name = time.replace(":", "")) =>
  world.service.book(
    host.request({ start: `2026-06-02T${time}:00.000Z`, guest: { name, email: `${name}@example.test` } }),
  );
const uidsOf = ({ bookings }: { bookings: { uid: string }[] }) => bookings.map(({ uid }) => uid);

describe("a host's bookings", () => {
  test("are listed as upcoming, past and cancelled, in the order that people look for them", async () => {
    const early = (await book("08:00")).booking.uid;
    const late = (await book("09:00")).booking.uid;
    const gone = await book("10:00");
    const open = (await book("12:00")).booking.uid;
    const last = (await book("13:00")).booking.uid;
    await world.service.cancel(gone.booking.uid, {}, gone);
    world.now = new Date("2026-06-02T11:00:00Z");
    const list = (status: "upcoming" | "past" | "cancelled") =>
      world.service.list(host.id, { status, limit: 20 });
    expect(uidsOf(await list("upcoming"))).toEqual([open, last]);
    expect(uidsOf(await list("past"))).toEqual([late, early]);
    expect(uidsOf(await list("cancelled"))).toEqual([gone.booking.uid]);
    const other = await world.makeHost();
    expect(await world.service.list(other.id, { status: "upcoming", limit: 20 })).toEqual({
      bookings: [],
      nextCursor: null,
    });
  });

  test("come page by page, none twice and none left out", async () => {
    const uids: string[] = [];
    for (const time of ["08:00", "08:30", "09:00", "09:30", "10:00"])
      uids.push((await book(time)).booking.uid);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    let pages = 0;
    do {
      const page = await world.service.list(host.id, {
        status: "upcoming",
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      seen.push(...uidsOf(page));
      cursor = page.nextCursor;
      pages++;
    } while (cursor);
    expect(seen).toEqual(uids);
    expect(pages).toBe(3);
  });

  test("refuse a cursor that is not one", async () => {
    await expect(
      world.service.list(host.id, { status: "upcoming", limit: 2, cursor: "xyz" }),
    ).rejects.toMatchObject({ code: "bad_cursor" });
  });

  test("tell which of them overlap, to the host alone", async () => {
    const one = await book("08:00");
    const two = await book("09:00");
    const free = await book("10:00");
    await world.database.prisma.booking.update({
      where: { uid: two.booking.uid },
      data: {
        hostPlaced: true,
        startTime: new Date("2026-06-02T08:15:00Z"),
        occupiedStart: new Date("2026-06-02T08:15:00Z"),
      },
    });
    const { bookings } = await world.service.list(host.id, { status: "upcoming", limit: 20 });
    const overlaps = new Map(bookings.map(({ uid, overlaps }) => [uid, overlaps]));
    expect(overlaps.get(one.booking.uid)).toBe(true);
    expect(overlaps.get(two.booking.uid)).toBe(true);
    expect(overlaps.get(free.booking.uid)).toBe(false);
    expect((await world.service.get(one.booking.uid, one)).overlaps).toBe(false);
    await world.service.cancel(two.booking.uid, {}, { userId: host.id });
    expect((await world.service.get(one.booking.uid, { userId: host.id })).overlaps).toBe(false);
  });

  test("in a range are those that touch it and stand", async () => {
    const inside = (await book("08:00")).booking.uid;
    const gone = await book("08:30");
    await book("12:00");
    await world.service.cancel(gone.booking.uid, {}, gone);
    const range = { start: new Date("2026-06-02T08:29:00Z"), end: new Date("2026-06-02T11:00:00Z") };
    const bookings = await world.service.listBetween(host.id, range);
    expect(bookings.map(({ uid }) => uid)).toEqual([inside]);
  });
});

describe("event types", () => {
  test("have either several seats or a recurrence, whichever of the two comes second", async () => {
    const recurrence = { frequency: "weekly", interval: 1, maxCount: 4 } as const;
    const { id } = await world.service.createEventType(host.id, {
      title: "A",
      slug: "a",
      durationMinutes: 60,
    });
    const change = (changes: UpdateEventType) => world.service.updateEventType(host.id, id, changes);
    const refused = { kind: "conflict", code: "seats_and_recurrence" };
    await change({ recurrence });
    await expect(change({ seats: 2 })).rejects.toMatchObject(refused);
    expect(await change({ seats: 2, recurrence: null })).toMatchObject({ seats: 2, recurrence: null });
    await expect(change({ recurrence })).rejects.toMatchObject(refused);
    expect(await change({ title: "B" })).toMatchObject({ seats: 2, recurrence: null });
    expect(await change({ seats: 1, recurrence })).toMatchObject({ seats: 1, recurrence });
    const both = { title: "A", slug: "b", durationMinutes: 60, seats: 2, recurrence };
    expect(createEventTypeSchema.safeParse(both).error?.issues).toMatchObject([{ path: ["seats"] }]);
    expect(updateEventTypeSchema.safeParse({ seats: 2, recurrence }).success).toBe(false);
    await expect(world.service.updateEventType(host.id, id + 1, { seats: 2 })).rejects.toMatchObject({
      code: "unknown_event_type",
    });
  });

  test("are made with defaults, changed one field at a time and seen on the public page", async () => {
    const made = await world.service.createEventType(host.id, {
      title: "Deep dive",
      slug: "deep-dive",
      durationMinutes: 60,
    });
    expect(made).toMatchObject({
      seats: 1,
      hidden: false,
      minimumNoticeMinutes: 60,
      slotIntervalMinutes: null,
    });
    const changed = await world.service.updateEventType(host.id, made.id, { hidden: true, seats: 4 });
    expect(changed).toEqual({ ...made, hidden: true, seats: 4 });
    expect((await world.service.listEventTypes(host.id)).map(({ slug }) => slug)).toEqual([
      "intro",
      "deep-dive",
    ]);
    const profile = await world.service.getPublicProfile(host.username);
    expect(profile.host).toEqual({ name: "Dana Demo", username: host.username, timeZone: "Europe/Berlin" });
    expect(profile.eventTypes.map(({ slug }) => slug)).toEqual(["intro"]);
    const shown = await world.service.getPublicEventType(host.username, "deep-dive");
    expect(shown).toEqual({ host: profile.host, eventType: changed });
  });

  test("show strangers a place but no link: the room of a call is for those who have booked", async () => {
    const call = { durationMinutes: 15, location: "https://meet.example/dana, code 42" };
    await world.service.createEventType(host.id, { ...call, title: "Call", slug: "call" });
    await world.service.createEventType(host.id, {
      ...call,
      title: "Visit",
      slug: "visit",
      location: "Room 4",
    });
    const { eventTypes } = await world.service.getPublicProfile(host.username);
    const places = new Map(eventTypes.map(({ slug, location }) => [slug, location]));
    expect([places.get("call"), places.get("visit")]).toEqual(["Online", "Room 4"]);
    const { eventType } = await world.service.getPublicEventType(host.username, "call");
    expect(eventType.location).toBe("Online");
    expect((await world.service.listEventTypes(host.id)).map(({ location }) => location)).toContain(
      call.location,
    );
  });

  test("have slugs that are unique for a host", async () => {
    const again = { title: "Intro", slug: "intro", durationMinutes: 15 };
    await expect(world.service.createEventType(host.id, again)).rejects.toMatchObject({
      kind: "conflict",
      code: "slug_taken",
    });
    const other = await world.service.createEventType(host.id, { ...again, slug: "other" });
    await expect(world.service.updateEventType(host.id, other.id, { slug: "intro" })).rejects.toMatchObject({
      code: "slug_taken",
    });
  });

  test("of others cannot be changed", async () => {
    const other = await world.makeHost();
    await expect(
      world.service.updateEventType(other.id, host.eventTypeId, { title: "Mine now" }),
    ).rejects.toMatchObject({ kind: "not-found", code: "unknown_event_type" });
  });

  test("of unknown hosts are not found", async () => {
    await expect(world.service.getPublicProfile("nobody")).rejects.toMatchObject({ code: "unknown_host" });
    await expect(world.service.getPublicEventType(host.username, "none")).rejects.toMatchObject({
      code: "unknown_event_type",
    });
  });
});

describe("slots", () => {
  const query = () => ({
    username: host.username,
    eventType: "intro",
    from: "2026-06-02T00:00:00.000Z",
    to: "2026-06-03T00:00:00.000Z",
    timeZone: "Asia/Tokyo",
  });

  test("come by day of the asked zone, without what is booked or busy, and with how fresh that is", async () => {
    await book("08:00");
    world.busy = [{ start: new Date("2026-06-02T09:00:00Z"), end: new Date("2026-06-02T10:00:00Z") }];
    const slots = await world.service.getSlots(query());
    expect(slots.days.map(({ date }) => date)).toEqual(["2026-06-02"]);
    const starts = slots.days[0]!.slots.map(({ start }) => start.slice(11, 16));
    expect(starts.slice(0, 5)).toEqual(["07:00", "07:30", "08:30", "10:00", "10:30"]);
    expect(slots).toMatchObject({
      closed: false,
      freshness: [{ calendar: "Work", lastPulledAt: MONDAY.toISOString(), source: "mirror", ok: true }],
    });
  });

  test("of a booking that is to be moved include those which overlap its own time, for its people alone", async () => {
    const long = await world.makeHost({ durationMinutes: 60, slotIntervalMinutes: 30 });
    const booked = await world.service.book(long.request({ start: "2026-06-02T08:00:00.000Z" }));
    const { uid } = booked.booking;
    const asked = { ...query(), username: long.username };
    const startsOf = async (more: object, viewer: Viewer | null = null) =>
      (await world.service.getSlots({ ...asked, ...more }, viewer)).days[0]?.slots.map(({ start }) =>
        start.slice(11, 16),
      );
    const usual = await startsOf({});
    expect(usual).not.toContain("07:30");
    expect(usual).not.toContain("08:30");
    const moving = { rescheduleUid: uid };
    for (const viewer of [{ guestToken: booked.guestToken }, { userId: long.id }]) {
      const starts = await startsOf(moving, viewer);
      expect(starts).toEqual(expect.arrayContaining(["07:30", "08:30"]));
      expect(starts).not.toContain("08:00");
    }
    for (const stranger of [null, { guestToken: "guessed" }, { userId: host.id }])
      await expect(startsOf(moving, stranger)).rejects.toMatchObject({ code: "unknown_booking" });
  });

  test("of a host without a schedule are none", async () => {
    await world.database.prisma.schedule.deleteMany({ where: { userId: host.id } });
    expect((await world.service.getSlots(query())).days).toEqual([]);
  });

  test("are refused for a range that is backwards or too long", async () => {
    await expect(world.service.getSlots({ ...query(), to: query().from })).rejects.toMatchObject({
      code: "bad_range",
    });
    await expect(
      world.service.getSlots({ ...query(), to: "2026-12-01T00:00:00.000Z" }),
    ).rejects.toMatchObject({ code: "range_too_long" });
  });
});
