import { Client } from "pg";

/** The tables that are filled: going through one of them from end to end is what no cron and no job may do. */
export const LARGE_TABLES: ReadonlySet<string> = new Set([
  "User",
  "Credential",
  "CalendarSync",
  "CalendarSubscription",
  "SelectedCalendar",
  "DestinationCalendar",
  "Booking",
  "Attendee",
  "BookingReference",
  "ExternalEvent",
  "BusyInterval",
  "ChangeRecord",
  "OutgoingMail",
]);

/** Ids of what is filled begin here, clear of those that a test makes itself. */
const FIRST_ID = 1_000_000;

/**
 * Fills a migrated database with an installation of `calendars` calendars: ten to an account, a push channel on each, a booking
 * with its event and record on every fifth, another event on every second. Of a thousand calendars, one is due to be polled at
 * `at`, and one channel to be renewed. Constraints and triggers of foreign keys are not run; what they would say is true.
 */
export async function fillLargeTables(url: string, calendars: number, at: Date): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const run = (sql: string) =>
    client.query(
      sql
        .replaceAll(":at", `timestamptz '${at.toISOString()}'`)
        .replaceAll(":first", String(FIRST_ID))
        .replaceAll(":users", String(Math.ceil(calendars / 10)))
        .replaceAll(":calendars", String(calendars))
        // The id of the n-th row of a table that is named by a digit: in order, as those of version 7 are.
        .replaceAll(
          /uuid_(\d)\((\w+)\)/g,
          "(lpad(to_hex($2::int), 8, '0') || '-000$1-4000-8000-000000000000')::uuid",
        ),
    );
  await run("SET session_replication_role = replica");
  await run("SET synchronous_commit = off");
  for (const statement of STATEMENTS) await run(statement);
  await run("VACUUM ANALYZE");
  await client.end();
}

const STATEMENTS = [
  `INSERT INTO "User" (id, uid, email, name, username, "updatedAt")
   SELECT :first + n, uuid_0(n), n || '@large.test', n::text, 'large-' || n, :at FROM generate_series(1, :users) n`,
  `INSERT INTO "Credential" (id, "userId", provider, "accountId", secret, "updatedAt")
   SELECT :first + n, :first + n, 'memorycalendar', n::text, '', :at FROM generate_series(1, :users) n`,
  `INSERT INTO "CalendarSync" (id, "userId", "credentialId", provider, "externalCalendarId", name, status, cursor, "updatedAt",
     "mirroredUntil", "lastPulledAt", "nextPollAt", "currentSubscriptionId")
   SELECT uuid_1(n), :first + n % :users + 1, :first + n % :users + 1, 'memorycalendar', n::text, n::text, 'HEALTHY', 'cursor', :at,
     :at + interval '400 days', :at - interval '10 minutes',
     CASE WHEN n % 1000 = 0 THEN :at - interval '1 minute' ELSE :at + n % 1000 * interval '2 seconds' END, uuid_2(n)
   FROM generate_series(1, :calendars) n`,
  `INSERT INTO "CalendarSubscription" (id, "calendarSyncId", provider, status, "providerSubscriptionId", "secretHash", "expiresAt",
     "activatedAt", "nextAttemptAt", "updatedAt")
   SELECT uuid_2(n), uuid_1(n), 'memorycalendar', 'ACTIVE', 'channel-' || n, '\\x00', :at + interval '6 days', :at - interval '1 day',
     CASE WHEN n % 1000 = 1 THEN :at - interval '1 minute' ELSE :at + n % 1000 * interval '8 minutes' END, :at
   FROM generate_series(1, :calendars) n`,
  `INSERT INTO "SelectedCalendar" (id, "userId", "credentialId", "externalCalendarId", name, "calendarSyncId")
   SELECT uuid_3(n), :first + n % :users + 1, :first + n % :users + 1, n::text, n::text, uuid_1(n)
   FROM generate_series(1, :calendars) n WHERE n % 2 = 0`,
  `INSERT INTO "DestinationCalendar" (id, "userId", "credentialId", "externalCalendarId", name, "calendarSyncId")
   SELECT uuid_4(n), :first + n % :users + 1, :first + n % :users + 1, n::text, n::text, uuid_1(n) FROM generate_series(1, :users) n`,
  `INSERT INTO "Booking" (id, uid, "hostId", title, "startTime", "endTime", "occupiedStart", "occupiedEnd", "timeZone", "iCalUid", "updatedAt")
   SELECT :first + n, uuid_5(n), :first + n % :users + 1, 'Meeting', t, t + interval '1 hour', t, t + interval '1 hour', 'UTC',
     'large-' || n, :at
   FROM (SELECT n, date_trunc('hour', :at) - interval '30 days' + n / :users * interval '1 day' AS t
           FROM generate_series(1, :calendars) n WHERE n % 5 = 0) x`,
  `INSERT INTO "Attendee" ("bookingId", email, name)
   SELECT :first + n, n || '@guest.test', 'Guest' FROM generate_series(1, :calendars) n WHERE n % 5 = 0`,
  `INSERT INTO "BookingReference" (id, "bookingId", "calendarSyncId", "externalEventId", version, status, "updatedAt")
   SELECT uuid_6(n), :first + n, uuid_1(n), 'event-' || n, '1', 'SYNCED', :at FROM generate_series(1, :calendars) n WHERE n % 5 = 0`,
  `INSERT INTO "ExternalEvent" (id, "calendarSyncId", "externalEventId", snapshot, "startTime", "endTime", status, "updatedAt")
   SELECT uuid_7(n), uuid_1(n), 'other-' || n, '{}', :at + n % 500 * interval '1 hour', :at + n % 500 * interval '1 hour' + interval '30 minutes',
     'confirmed', :at
   FROM generate_series(1, :calendars) n WHERE n % 2 = 0`,
  `INSERT INTO "BusyInterval" ("calendarSyncId", "externalEventId", during)
   SELECT "calendarSyncId", id, tstzrange("startTime", "endTime") FROM "ExternalEvent"`,
  `INSERT INTO "ChangeRecord" (id, "userId", "bookingId", "calendarSyncId", "referenceId", source, result, action, reason, "createdAt")
   SELECT uuid_8(n), :first + n % :users + 1, :first + n, uuid_1(n), uuid_6(n), 'SYNC', 'APPLIED', 'push', 'event-created', :at
   FROM generate_series(1, :calendars) n WHERE n % 5 = 0`,
  `INSERT INTO "OutgoingMail" (id, "bookingId", kind, sequence, recipient, role, status, payload, "sentAt")
   SELECT uuid_9(n), :first + n, 'booked', 0, 'guest', 'guest', 'SENT', '{}', :at FROM generate_series(1, :calendars) n WHERE n % 5 = 0`,
];
