import { expand, readCalendar } from "@calsync/icalendar";
import { hashToken, randomToken } from "@calsync/lib";
import { createUser } from "@calsync/prisma/testing";
import type { BenchGroup } from "./group.bench.ts";
import { median } from "./statistics.bench.ts";

const EVENTS = 10_000;
const RUNS = 5;
const MB = 1024 * 1024;

/** A large calendar file: read and worked out over a year, and imported as a person does it. */
export const icsBench: BenchGroup = {
  name: "ics",
  async run(world) {
    world.say(`ics: a file of ${EVENTS} events, every third of them repeating`);
    const took: number[] = [];
    let times = 0;
    let peak = 0;
    for (let run = 0; run < RUNS; run++) {
      const before = process.memoryUsage().rss;
      const begun = performance.now();
      const read = await readAndExpand();
      took.push((performance.now() - begun) / 1_000);
      times = read.times;
      peak = Math.max(peak, (read.peak - before) / MB);
    }
    const imported = await importOne(world);
    return [
      {
        key: "ics.importSeconds",
        label: "A file read and worked out over a year",
        value: median(took),
        unit: "s",
        note: `${EVENTS} events in six zones, ${times} times`,
      },
      { key: "ics.peakMb", label: "Memory above the start meanwhile, most", value: peak, unit: "MB" },
      {
        label: "The same uploaded, previewed and applied",
        value: imported.seconds,
        unit: "s",
        note: `over two years, ${imported.times} times stored; over HTTP`,
      },
    ];
  },
};

async function readAndExpand(): Promise<{ times: number; peak: number }> {
  const start = new Date(Date.UTC(2026, 0, 1));
  const window = { start, end: new Date(Date.UTC(2027, 0, 1)) };
  let times = 0;
  let peak = 0;
  let seen = 0;
  for await (const item of readCalendar(file(2026), { floatingZone: "UTC" })) {
    if (item.type !== "event") continue;
    times += expand(item.event, { window, timeZone: "Europe/Berlin" }).length;
    if (++seen % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
  if (seen !== EVENTS) throw new Error(`Only ${seen} of ${EVENTS} events were read.`);
  return { times, peak };
}

const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Sydney",
  "Asia/Kolkata",
  "America/Santiago",
  "UTC",
];
const RULES = ["FREQ=WEEKLY;COUNT=20", "FREQ=DAILY;COUNT=10", "FREQ=MONTHLY;BYDAY=2TU;COUNT=12"];

/** The file in pieces of 64 events, as a stream hands it over. */
function* file(year: number): Generator<Uint8Array> {
  yield Buffer.from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n");
  for (let from = 0; from < EVENTS; from += 64) {
    const events: string[] = [];
    for (let n = from; n < Math.min(from + 64, EVENTS); n++) events.push(vevent(n, year));
    yield Buffer.from(events.join(""));
  }
  yield Buffer.from("END:VCALENDAR\r\n");
}

function vevent(n: number, year: number): string {
  const zone = ZONES[n % ZONES.length] ?? "UTC";
  const day = new Date(Date.UTC(year, 0, 1 + (n % 330))).toISOString().slice(0, 10).replaceAll("-", "");
  const at = `${day}T${String(8 + (n % 10)).padStart(2, "0")}1500`;
  const start = zone === "UTC" ? `DTSTART:${at}Z` : `DTSTART;TZID=${zone}:${at}`;
  const rule = n % 3 === 0 ? `RRULE:${RULES[(n / 3) % RULES.length]}\r\n` : "";
  return (
    `BEGIN:VEVENT\r\nUID:bench-${n}@example.org\r\nDTSTAMP:20260101T000000Z\r\n${start}\r\nDURATION:PT45M\r\n${rule}` +
    `SUMMARY:Appointment ${n}\r\nDESCRIPTION:What it is about\\, in some words that make a line long enough to be\r\n  folded\r\n` +
    "LOCATION:Room 4\r\nATTENDEE;CN=Ann;PARTSTAT=ACCEPTED:mailto:ann@example.org\r\nEND:VEVENT\r\n"
  );
}

async function importOne(
  world: Parameters<BenchGroup["run"]>[0],
): Promise<{ seconds: number; times: number }> {
  const site = await world.open();
  const { prisma } = site.database;
  const user = await createUser(prisma, { timeZone: "Europe/Berlin" });
  const key = `cs_${randomToken()}`;
  await prisma.apiKey.create({
    data: {
      userId: user.id,
      name: "bench",
      keyHash: hashToken(key),
      prefix: key.slice(0, 6),
      scopes: ["write"],
    },
  });
  const headers = { authorization: `Bearer ${key}` };
  const content = Buffer.concat([...file(new Date().getUTCFullYear() + 1)]);
  const begun = performance.now();
  const uploaded = await fetch(`${site.apiUrl}/v1/imports`, {
    method: "POST",
    headers: { ...headers, "content-type": "text/calendar" },
    body: content,
  });
  if (uploaded.status !== 201) throw new Error(`The file was not read: ${await uploaded.text()}`);
  const made = (await uploaded.json()) as { import: { id: string } };
  const applied = await fetch(`${site.apiUrl}/v1/imports/${made.import.id}/apply`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: "{}",
  });
  if (applied.status !== 200) throw new Error(`The file was not applied: ${applied.status}`);
  const seconds = (performance.now() - begun) / 1_000;
  const times = await prisma.importedTime.count({ where: { userId: user.id } });
  await site.close();
  return { seconds, times };
}
