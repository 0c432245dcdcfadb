export {
  type BookingFactoryOptions,
  countStatements,
  createBooking,
  createCalendarSync,
  createCredential,
  createDestinationCalendar,
  createEventType,
  createReference,
  createSchedule,
  createSelectedCalendar,
  createSubscription,
  createUser,
  FACTORY_START,
  type StatementCount,
  type TestDatabase,
  type TestDatabaseOptions,
} from "@calsync/prisma/testing";
export { createTestDatabase } from "./database/create-test-database.ts";
export { type FixedClock, fixedClock } from "./fixed-clock.ts";
export { freePort } from "./free-port.ts";
