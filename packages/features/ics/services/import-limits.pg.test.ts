import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { calendar, vevent } from "../test-support/ics-text.ts";
import type { IcsSettings } from "./dependencies.ts";
import { Imports } from "./imports.ts";

let database: TestDatabase;
let userId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  const user = await database.prisma.user.create({
    data: { email: "host@example.com", username: "host", name: "Host", timeZone: "Europe/Berlin" },
  });
  userId = user.id;
});
afterAll(() => database.drop());

function importsWith(settings: Partial<IcsSettings>): Imports {
  const elsewhere = () => Promise.reject(new Error("Nothing of this is asked when a file is uploaded."));
  return new Imports({
    prisma: database.prisma,
    now: () => new Date("2026-06-01T08:00:00.000Z"),
    settings,
    applyAnswers: elsewhere,
    openHours: elsewhere,
    bookingUrl: (uid) => `https://calsync.test/booking/${uid}`,
    feedUrl: (token) => `https://calsync.test/feeds/${token}`,
  });
}

const upload = (imports: Imports, ...events: string[]) =>
  imports.upload(userId, { fileName: "diary.ics", content: [Buffer.from(calendar(...events))] });
const event = (uid: string, ...more: string[]) =>
  vevent("DTSTART:20260603T090000Z", "DTEND:20260603T100000Z", ...more).replace("one@example.org", uid);

test("a file with one event too many is refused as that and nothing of it is kept; one with just as many is not", async () => {
  const imports = importsWith({ maxEvents: 2 });
  await expect(upload(imports, event("a@x"), event("b@x"), event("c@x"))).rejects.toMatchObject({
    code: "ics_unusable",
    message: "The file holds more than 2 events.",
    hint: "Export a shorter range, or split the file.",
  });
  expect(await imports.list(userId)).toEqual([]);
  expect(await upload(imports, event("a@x"), event("b@x"))).toMatchObject({ status: "READY", events: 2 });
});

test("a file whose events repeat too often is refused as that, and nothing of it is kept", async () => {
  const imports = importsWith({ maxTimes: 10 });
  const before = await imports.list(userId);
  await expect(
    upload(imports, event("d@x", "RRULE:FREQ=DAILY;COUNT=6"), event("e@x", "RRULE:FREQ=DAILY;COUNT=6")),
  ).rejects.toMatchObject({
    code: "ics_unusable",
    message: "The file's events take place more than 10 times within two years.",
    hint: "Export a shorter range, or leave out events that repeat very often.",
  });
  expect(await imports.list(userId)).toEqual(before);
});
