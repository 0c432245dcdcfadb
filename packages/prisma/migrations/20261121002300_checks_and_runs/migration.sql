-- When each calendar was last compared with its bookings, and when it is to be looked at next.
ALTER TABLE "CalendarSync"
  ADD COLUMN "lastCheckedAt" TIMESTAMPTZ(3),
  ADD COLUMN "lastFindings" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "nextCheckAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
-- Calendars that exist are looked at over a week, not all in the first night.
UPDATE "CalendarSync" SET "nextCheckAt" = now() + random() * interval '7 days';
CREATE INDEX "CalendarSync_due_check_idx" ON "CalendarSync" ("nextCheckAt") WHERE enabled AND "inUse";

CREATE TYPE "SyncRunKind" AS ENUM ('SYNC', 'DOCTOR');
CREATE TYPE "SyncRunStatus" AS ENUM ('QUEUED', 'RUNNING', 'DONE', 'FAILED');

CREATE TABLE "SyncRun" (
    "id" UUID NOT NULL,
    "userId" INTEGER,
    "kind" "SyncRunKind" NOT NULL,
    "direction" "SyncDirection" NOT NULL DEFAULT 'BOTH',
    "dryRun" BOOLEAN NOT NULL DEFAULT false,
    "fix" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "SyncRun_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "SyncRunCalendar" (
    "runId" UUID NOT NULL,
    "calendarSyncId" UUID NOT NULL,
    "status" "SyncRunStatus" NOT NULL DEFAULT 'QUEUED',
    "result" JSONB,
    "error" TEXT,
    "errorMessage" TEXT,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "SyncRunCalendar_pkey" PRIMARY KEY ("runId","calendarSyncId")
);

CREATE INDEX "SyncRun_userId_createdAt_idx" ON "SyncRun"("userId", "createdAt");
CREATE INDEX "SyncRun_createdAt_idx" ON "SyncRun"("createdAt");
CREATE INDEX "SyncRunCalendar_calendarSyncId_idx" ON "SyncRunCalendar"("calendarSyncId");

ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_userId_fkey"
  FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SyncRunCalendar" ADD CONSTRAINT "SyncRunCalendar_runId_fkey"
  FOREIGN KEY ("runId") REFERENCES "SyncRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SyncRunCalendar" ADD CONSTRAINT "SyncRunCalendar_calendarSyncId_fkey"
  FOREIGN KEY ("calendarSyncId") REFERENCES "CalendarSync"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Progress for open pages.
CREATE FUNCTION calsync_announce_sync_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', json_build_object('type', 'sync-run', 'userId', run."userId", 'id', run.id)::text)
  FROM "SyncRun" run WHERE run.id = NEW."runId" AND run."userId" IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER "SyncRunCalendar_announce" AFTER UPDATE OF status ON "SyncRunCalendar"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_sync_run();
