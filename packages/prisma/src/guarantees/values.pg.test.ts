import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isCheckViolation, isUniqueViolation } from "../database-error.ts";
import type { PrismaClient } from "../generated/client.ts";
import {
  createCalendarSync,
  createDestinationCalendar,
  createEventType,
  createSchedule,
  createSelectedCalendar,
  createUser,
} from "../testing/factories.ts";
import { createTestDatabase } from "../testing/injected.test-support.ts";
import type { TestDatabase } from "../testing/test-database.ts";

let database: TestDatabase;
let prisma: PrismaClient;
beforeAll(async () => {
  database = await createTestDatabase();
  prisma = database.prisma;
});
afterAll(() => database.drop());
const reason = (query: Promise<unknown>) => query.catch((error: unknown) => error);

test("an address is one account, however it is typed", async () => {
  await createUser(prisma, { email: "Dana@calsync.test" });
  const error = await reason(createUser(prisma, { email: "dana@calsync.test" }));
  expect(isUniqueViolation(error, "User_email_any_case_key")).toBe(true);
});

test("there is one row of global settings, made by the migrations", async () => {
  expect(await prisma.globalSetting.findMany()).toMatchObject([{ id: 1, twoWaySyncEnabled: true }]);
  expect(isCheckViolation(await reason(prisma.globalSetting.create({ data: { id: 2 } })))).toBe(true);
});

describe("destination calendars", () => {
  test("a calendar is a user's default once, and an event type's own once", async () => {
    const { id: calendarSyncId, userId } = await createCalendarSync(prisma);
    const eventTypeId = (await createEventType(prisma, { userId })).id;
    await createDestinationCalendar(prisma, { calendarSyncId });
    await createDestinationCalendar(prisma, { calendarSyncId, eventTypeId });

    for (const choice of [{ calendarSyncId }, { calendarSyncId, eventTypeId }]) {
      const error = await reason(createDestinationCalendar(prisma, choice));
      expect(isUniqueViolation(error, "DestinationCalendar_choice_key")).toBe(true);
    }
  });
});

describe("hours", () => {
  test.each([
    ["a weekly rule without days", { days: [], startMinute: 540, endMinute: 600 }],
    ["an eighth weekday", { days: [8], startMinute: 540, endMinute: 600 }],
    ["a weekly rule without hours", { days: [1], startMinute: 540, endMinute: 540 }],
    ["an end before the start", { days: [1], startMinute: 600, endMinute: 540 }],
    ["a minute after midnight's end", { days: [1], startMinute: 600, endMinute: 1441 }],
  ])("%s is refused", async (_, rule) => {
    const scheduleId = (await createSchedule(prisma)).id;
    const error = await reason(prisma.availability.create({ data: { scheduleId, ...rule } }));
    expect(isCheckViolation(error)).toBe(true);
  });

  test("a date without hours closes that day, and 1440 is the day's end", async () => {
    const scheduleId = (await createSchedule(prisma)).id;
    await prisma.availability.createMany({
      data: [
        { scheduleId, days: [], date: new Date("2030-01-07"), startMinute: 0, endMinute: 0 },
        { scheduleId, days: [6], startMinute: 0, endMinute: 1440 },
      ],
    });
  });
});

describe("whether a calendar is used", () => {
  test("a calendar that loses a choice is looked at again, and one that is chosen is in use", async () => {
    const { calendarSyncId, id } = await createSelectedCalendar(prisma);
    const read = () => prisma.calendarSync.findUniqueOrThrow({ where: { id: calendarSyncId ?? "" } });
    expect(await read()).toMatchObject({ inUse: true, usageCheckAt: null });

    await prisma.selectedCalendar.delete({ where: { id } });
    expect((await read()).usageCheckAt).toBeInstanceOf(Date);

    await prisma.calendarSync.update({ where: { id: calendarSyncId ?? "" }, data: { inUse: false } });
    await createDestinationCalendar(prisma, { calendarSyncId });
    expect((await read()).inUse).toBe(true);
  });

  test("an account is deleted with all of its calendars", async () => {
    const { credentialId } = await createSelectedCalendar(prisma);
    await createDestinationCalendar(prisma, { credentialId });

    await prisma.credential.delete({ where: { id: credentialId } });

    expect(await prisma.calendarSync.count({ where: { credentialId } })).toBe(0);
  });
});
