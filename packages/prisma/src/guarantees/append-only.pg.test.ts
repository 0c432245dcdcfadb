import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseErrorInfo } from "../database-error.ts";
import type { PrismaClient } from "../generated/client.ts";
import { createBooking, createCalendarSync, createUser } from "../testing/factories.ts";
import { createTestDatabase } from "../testing/injected.test-support.ts";
import type { TestDatabase } from "../testing/test-database.ts";

let database: TestDatabase;
let prisma: PrismaClient;
beforeAll(async () => {
  database = await createTestDatabase();
  prisma = database.prisma;
});
afterAll(() => database.drop());

async function createRecord() {
  const user = await createUser(prisma);
  const booking = await createBooking(prisma, { hostId: user.id });
  const calendarSync = await createCalendarSync(prisma, { userId: user.id });
  const record = await prisma.changeRecord.create({
    data: {
      userId: user.id,
      bookingId: booking.id,
      calendarSyncId: calendarSync.id,
      source: "CALENDAR",
      result: "APPLIED",
      action: "rescheduled",
      reason: "moved-in-calendar",
    },
  });
  return { user, booking, calendarSync, record };
}
const refusal = async (query: Promise<unknown>) =>
  databaseErrorInfo(await query.catch((reason: unknown) => reason))?.code;

test("a change record is neither changed nor removed", async () => {
  const { record } = await createRecord();
  const where = { id: record.id };

  expect(await refusal(prisma.changeRecord.update({ where, data: { reason: "nothing" } }))).toBe("23001");
  expect(await refusal(prisma.changeRecord.delete({ where }))).toBe("23001");
  expect(await refusal(prisma.$executeRaw`TRUNCATE "ChangeRecord"`)).toBe("23001");
  expect(await prisma.changeRecord.findUnique({ where })).toEqual(record);
});

test("a calendar that goes leaves the record without its id, and a user who goes takes it along", async () => {
  const { user, record, calendarSync } = await createRecord();

  await prisma.calendarSync.delete({ where: { id: calendarSync.id } });
  expect(await prisma.changeRecord.findUnique({ where: { id: record.id } })).toMatchObject({
    calendarSyncId: null,
  });

  await prisma.user.delete({ where: { id: user.id } });
  expect(await prisma.changeRecord.findUnique({ where: { id: record.id } })).toBeNull();
});
