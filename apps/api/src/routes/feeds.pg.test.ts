import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
let host: SignedIn;

const dayAt = (ahead: number) => new Date(Date.now() + (2 + ahead) * 86_400_000).toISOString().slice(0, 10);
const stampOf = (ahead: number, time: string) => `${dayAt(ahead).replaceAll("-", "")}T${time}00Z`;

beforeAll(async () => {
  world = await createApiWorld();
  host = await world.signUp("host");
  await host.send("POST", "/v1/event-types", {
    title: "Weekly",
    slug: "weekly",
    durationMinutes: 30,
    recurrence: { frequency: "daily", interval: 1, maxCount: 5 },
  });
});
afterAll(() => world.close());

async function book(ahead: number, time: string, more: object = {}) {
  const answer = await world.app.inject({
    method: "POST",
    url: "/v1/bookings",
    body: {
      username: "host",
      eventType: "weekly",
      start: `${dayAt(ahead)}T${time}:00.000Z`,
      timeZone: "UTC",
      guest: { name: "Ann", email: "ann@guest.test" },
      ...more,
    },
  });
  expect(answer.statusCode, answer.body).toBe(201);
  const { uid } = answer.json().booking as { uid: string };
  return world.database.prisma.booking.findUniqueOrThrow({ where: { uid }, include: { series: true } });
}
const unfolded = (text: string) => text.replaceAll("\r\n ", "");
/** The VEVENTs of a text, each as its lines. */
const eventsOf = (text: string) =>
  unfolded(text)
    .split("BEGIN:VEVENT\r\n")
    .slice(1)
    .map((part) => part.slice(0, part.indexOf("END:VEVENT")).split("\r\n"));
async function upload(text: string) {
  const made = await world.app.inject({
    method: "POST",
    url: "/v1/imports",
    headers: { cookie: host.cookie, "x-calsync-csrf": "1", "content-type": "text/calendar" },
    payload: text,
  });
  expect(made.statusCode, made.body).toBe(201);
  return made.json().import as { id: string; preview: { counts: Record<string, number> } };
}

test("the schedule is a file: bookings, a series with its exceptions, imported events as they came, free hours", async () => {
  const single = await book(0, "10:00");
  const series = await book(1, "11:00", { recurrence: { count: 4 } });
  const occurrences = await world.database.prisma.booking.findMany({
    where: { recurringGroup: series.recurringGroup ?? "" },
    orderBy: { startTime: "asc" },
  });
  await host.send("POST", `/v1/bookings/${occurrences[1]?.uid}/cancel`, {});
  await host.send("POST", `/v1/bookings/${occurrences[2]?.uid}/reschedule`, {
    start: `${dayAt(3)}T15:00:00.000Z`,
  });
  const made = await upload(
    [
      "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:dentist@x\r\nDTSTAMP:20260101T000000Z\r\nSEQUENCE:3",
      `DTSTART;TZID=Europe/Berlin:${stampOf(0, "1300").slice(0, 15)}\r\nDURATION:PT1H\r\nSUMMARY:Dentist`,
      "END:VEVENT\r\nEND:VCALENDAR\r\n",
    ].join("\r\n"),
  );
  await host.send("POST", `/v1/imports/${made.id}/apply`, {});

  const from = `${dayAt(0)}T00:00:00Z`;
  const to = `${dayAt(5)}T00:00:00Z`;
  const file = await host.get(`/v1/calendar.ics?from=${from}&to=${to}&parts=bookings,busy,availability`);
  expect(file.headers).toMatchObject({
    "content-type": "text/calendar; charset=utf-8",
    "content-disposition": 'attachment; filename="calsync.ics"',
  });
  for (const line of file.body.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  const events = eventsOf(file.body);
  const withUid = (uid: string) => events.filter((lines) => lines.includes(`UID:${uid}`));
  const [booking] = withUid(single.iCalUid);
  expect(booking).toEqual(
    expect.arrayContaining([
      `DTSTART:${stampOf(0, "1000")}`,
      "STATUS:CONFIRMED",
      expect.stringMatching(/^LAST-MODIFIED:/),
      expect.stringContaining("ann@guest.test"),
    ]),
  );
  expect(booking?.join("\n")).not.toMatch(/^(ATTENDEE|ORGANIZER)/m);
  const parts = withUid(series.series?.iCalUid ?? "");
  expect(parts[0]).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^RRULE:FREQ=DAILY/),
      `EXDATE:${stampOf(2, "1100")}`,
      `DTSTART:${stampOf(1, "1100")}`,
    ]),
  );
  expect(parts.slice(1)).toEqual([
    expect.arrayContaining([`RECURRENCE-ID:${stampOf(3, "1100")}`, `DTSTART:${stampOf(3, "1500")}`]),
  ]);
  expect(withUid("dentist@x")[0]).toEqual(expect.arrayContaining(["SEQUENCE:3", "SUMMARY:Dentist"]));
  expect(unfolded(file.body)).toContain("TZID:Europe/Berlin");
  const free = events.filter((lines) => lines.includes("TRANSP:TRANSPARENT"));
  expect(free[0]).toEqual(
    expect.arrayContaining([
      `DTSTART:${stampOf(0, "0900")}`,
      `DTEND:${stampOf(0, "1000")}`,
      "SUMMARY:Available",
    ]),
  );

  // Brought back in, it changes nothing: bookings are the host's own, and the rest is known.
  const { preview } = await upload(
    (await host.get(`/v1/calendar.ics?from=${from}&to=${to}&parts=bookings,busy`)).body,
  );
  expect(preview.counts).toMatchObject({ added: 0, changed: 0, cancelled: 0, unchanged: 1, own: 3 });

  const bare = (await host.get(`/v1/calendar.ics?from=${from}&to=${to}&details=false`)).body;
  expect(bare).not.toMatch(/Ann|ann@|Dentist|Weekly/);
  expect(bare).toContain("SUMMARY:Busy");
  expect((await host.get("/v1/calendar.ics?parts=everything")).statusCode).toBe(400);
  expect((await host.get(`/v1/calendar.ics?from=${to}&to=${from}`)).json().code).toBe("range_unusable");
});

test("a feed's address is told once, needs no session, answers 304 while nothing changes, and can be withdrawn", async () => {
  const made = await host.send("POST", "/v1/calendar-feeds", { name: "Phone" });
  expect(made.statusCode).toBe(201);
  const { feed, url } = made.json() as { feed: { id: string }; url: string };
  expect(url).toMatch(/^https:\/\/app\.example\/api\/v1\/feeds\/[\w-]{43}\.ics$/);
  const token = url.split("/").at(-1)?.replace(".ics", "") ?? "";
  const path = new URL(url).pathname.replace("/api", "");
  const read = (headers = {}) => world.app.inject({ method: "GET", url: path, headers });
  const first = await read();
  expect(first.statusCode).toBe(200);
  expect(first.headers["set-cookie"]).toBeUndefined();
  expect(first.body).toContain("X-WR-CALNAME:Phone");
  expect(first.body).toContain("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
  const etag = String(first.headers.etag);
  const second = await read({ "if-none-match": etag });
  expect([second.statusCode, second.body]).toEqual([304, ""]);
  expect((await read({ "if-none-match": `W/${etag}` })).statusCode).toBe(304);
  await book(8, "10:00");
  const third = await read({ "if-none-match": etag });
  expect(third.statusCode).toBe(200);
  expect(third.headers.etag).not.toBe(etag);

  const listed = await host.get("/v1/calendar-feeds");
  expect(listed.json().feeds).toMatchObject([{ name: "Phone", parts: ["bookings", "busy"], details: true }]);
  expect(listed.json().feeds[0].lastReadAt).not.toBeNull();
  expect(listed.body).not.toContain(token);
  expect(world.logged()).not.toContain(token);
  const rows = await world.database.prisma.$queryRaw<{ text: string }[]>`
    SELECT "CalendarFeed"::text AS "text" FROM "CalendarFeed"`;
  expect(rows.map(({ text }) => text).join()).not.toContain(token);

  const other = await world.signUp("other");
  expect((await other.send("DELETE", `/v1/calendar-feeds/${feed.id}`)).json().code).toBe("unknown_feed");
  expect((await host.send("DELETE", `/v1/calendar-feeds/${feed.id}`)).statusCode).toBe(204);
  expect((await read()).json().code).toBe("unknown_feed");
  expect((await read({ "if-none-match": etag })).statusCode).toBe(404);
  expect((await host.get("/v1/calendar-feeds")).json().feeds).toEqual([]);
});
