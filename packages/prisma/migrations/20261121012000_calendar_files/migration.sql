-- CreateEnum
CREATE TYPE "CalendarImportStatus" AS ENUM ('READING', 'READY', 'APPLIED', 'TAKEN_BACK');

-- CreateEnum
CREATE TYPE "FreeEventChoice" AS ENUM ('IGNORE', 'AVAILABILITY');

-- CreateTable
CREATE TABLE "CalendarImport" (
    "id" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "fileName" TEXT NOT NULL,
    "calendarName" TEXT,
    "method" TEXT,
    "timeZone" TEXT NOT NULL,
    "status" "CalendarImportStatus" NOT NULL DEFAULT 'READING',
    "freeEvents" "FreeEventChoice" NOT NULL DEFAULT 'IGNORE',
    "octets" INTEGER NOT NULL DEFAULT 0,
    "events" INTEGER NOT NULL DEFAULT 0,
    "errors" INTEGER NOT NULL DEFAULT 0,
    "warnings" INTEGER NOT NULL DEFAULT 0,
    "otherComponents" INTEGER NOT NULL DEFAULT 0,
    "problems" JSONB NOT NULL DEFAULT '[]',
    "result" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "appliedAt" TIMESTAMPTZ(3),
    "takenBackAt" TIMESTAMPTZ(3),

    CONSTRAINT "CalendarImport_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ImportedEvent" (
    "id" BIGSERIAL NOT NULL,
    "importId" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "uid" TEXT NOT NULL,
    "recurrenceId" TEXT NOT NULL DEFAULT '',
    "sequence" INTEGER NOT NULL,
    "stampedAt" TEXT,
    "contentHash" BYTEA NOT NULL,
    "snapshot" JSONB NOT NULL,
    "verdict" TEXT,
    "current" BOOLEAN NOT NULL DEFAULT false,
    "expandedUntil" TIMESTAMPTZ(3),

    CONSTRAINT "ImportedEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ImportedTime" (
    "id" BIGSERIAL NOT NULL,
    "userId" INTEGER NOT NULL,
    "eventId" BIGINT NOT NULL,
    "during" tstzrange NOT NULL,
    "free" BOOLEAN NOT NULL,

    CONSTRAINT "ImportedTime_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CalendarFeed" (
    "id" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "tokenHash" BYTEA NOT NULL,
    "parts" TEXT[],
    "details" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastReadAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "CalendarFeed_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "CalendarImport_userId_createdAt_idx" ON "CalendarImport"("userId", "createdAt");

-- CreateIndex
CREATE INDEX "ImportedEvent_userId_uid_idx" ON "ImportedEvent"("userId", "uid");

-- CreateIndex
CREATE UNIQUE INDEX "ImportedEvent_importId_uid_recurrenceId_key" ON "ImportedEvent"("importId", "uid", "recurrenceId");

-- CreateIndex
CREATE INDEX "ImportedTime_eventId_idx" ON "ImportedTime"("eventId");

-- CreateIndex
CREATE UNIQUE INDEX "CalendarFeed_tokenHash_key" ON "CalendarFeed"("tokenHash");

-- CreateIndex
CREATE INDEX "CalendarFeed_userId_idx" ON "CalendarFeed"("userId");

-- AddForeignKey
ALTER TABLE "CalendarImport" ADD CONSTRAINT "CalendarImport_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ImportedEvent" ADD CONSTRAINT "ImportedEvent_importId_fkey" FOREIGN KEY ("importId") REFERENCES "CalendarImport"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ImportedEvent" ADD CONSTRAINT "ImportedEvent_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ImportedTime" ADD CONSTRAINT "ImportedTime_eventId_fkey" FOREIGN KEY ("eventId") REFERENCES "ImportedEvent"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CalendarFeed" ADD CONSTRAINT "CalendarFeed_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Of several versions of one event or occurrence, one counts.
CREATE UNIQUE INDEX "ImportedEvent_current_key" ON "ImportedEvent" ("userId", "uid", "recurrenceId") WHERE "current";
-- What the daily job looks for: series that go on beyond what has been worked out.
CREATE INDEX "ImportedEvent_expansion_idx" ON "ImportedEvent" ("expandedUntil") WHERE "current" AND "expandedUntil" IS NOT NULL;

-- Times of a user in a stretch. The user is written as a range of one number, as in "Booking_guests_apart".
CREATE INDEX "ImportedTime_user_during_idx" ON "ImportedTime" USING gist (int4range("userId", "userId", '[]'), during);
ALTER TABLE "ImportedTime" ADD CONSTRAINT "ImportedTime_during_check" CHECK (
  NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
);

-- Times of a user's imported events that count, between two instants: whole stretches, unordered. Free ones only where their
-- import offers them for booking.
CREATE FUNCTION imported_times(of_user int, from_time timestamptz, to_time timestamptz)
  RETURNS TABLE ("eventId" bigint, "startTime" timestamptz, "endTime" timestamptz, free boolean)
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
  SELECT t."eventId", lower(t.during), upper(t.during), t.free
  FROM "ImportedTime" t
  JOIN "ImportedEvent" e ON e.id = t."eventId" AND e."current"
  JOIN "CalendarImport" i ON i.id = e."importId"
  WHERE int4range(t."userId", t."userId", '[]') && int4range(of_user, of_user, '[]')
    AND t.during && tstzrange(from_time, to_time)
    AND (NOT t.free OR i."freeEvents" = 'AVAILABILITY')
$$;
