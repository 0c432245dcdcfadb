-- CreateEnum
CREATE TYPE "ConflictKind" AS ENUM ('FIELDS', 'DELETED', 'CANCELLED', 'OUTSIDE_HOURS', 'OVERLAP');

-- CreateEnum
CREATE TYPE "MassChangeStatus" AS ENUM ('OPEN', 'CONFIRMED', 'RESTORED', 'WITHDRAWN');

-- AlterTable
ALTER TABLE "ChangeRecord" ADD COLUMN     "massChangeId" UUID;

-- AlterTable
ALTER TABLE "SyncConflict" ADD COLUMN     "facts" JSONB,
ADD COLUMN     "kind" "ConflictKind" NOT NULL,
ADD COLUMN     "updatedAt" TIMESTAMPTZ(3) NOT NULL,
ALTER COLUMN "remote" DROP NOT NULL;

-- CreateTable
CREATE TABLE "MassChange" (
    "id" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "calendarSyncId" UUID NOT NULL,
    "status" "MassChangeStatus" NOT NULL DEFAULT 'OPEN',
    "cancellations" INTEGER NOT NULL,
    "moves" INTEGER NOT NULL,
    "limit" INTEGER NOT NULL,
    "openedAt" TIMESTAMPTZ(3) NOT NULL,
    "decidedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "MassChange_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "HeldChange" (
    "id" UUID NOT NULL,
    "calendarSyncId" UUID NOT NULL,
    "externalEventId" TEXT NOT NULL,
    "originalStart" TEXT NOT NULL DEFAULT '',
    "change" JSONB NOT NULL,
    "cancels" INTEGER[],
    "moves" INTEGER[],
    "heldAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "HeldChange_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "MassChange_userId_openedAt_idx" ON "MassChange"("userId", "openedAt");

-- CreateIndex
CREATE UNIQUE INDEX "HeldChange_calendarSyncId_externalEventId_originalStart_key" ON "HeldChange"("calendarSyncId", "externalEventId", "originalStart");

-- AddForeignKey
ALTER TABLE "MassChange" ADD CONSTRAINT "MassChange_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MassChange" ADD CONSTRAINT "MassChange_calendarSyncId_fkey" FOREIGN KEY ("calendarSyncId") REFERENCES "CalendarSync"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HeldChange" ADD CONSTRAINT "HeldChange_calendarSyncId_fkey" FOREIGN KEY ("calendarSyncId") REFERENCES "CalendarSync"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One open question per reference, one unanswered or unfinished mass change per calendar, and a change is undone once.
CREATE UNIQUE INDEX "SyncConflict_open_key" ON "SyncConflict" ("referenceId") WHERE "resolvedAt" IS NULL;
CREATE UNIQUE INDEX "MassChange_unfinished_key" ON "MassChange" ("calendarSyncId") WHERE "finishedAt" IS NULL;
CREATE UNIQUE INDEX "ChangeRecord_undoes_key" ON "ChangeRecord" ("undoesId") WHERE "undoesId" IS NOT NULL;
CREATE INDEX "ChangeRecord_mass_change_idx" ON "ChangeRecord" ("massChangeId") WHERE "massChangeId" IS NOT NULL;

ALTER TABLE "SyncConflict"
  ADD CONSTRAINT "SyncConflict_resolution_check" CHECK (("resolvedAt" IS NULL) = ("resolution" IS NULL));
ALTER TABLE "MassChange"
  ADD CONSTRAINT "MassChange_status_check" CHECK (("decidedAt" IS NULL) = ("status" = 'OPEN'));

-- Pages that show questions hear of them as of a change of the calendar that they are about.
CREATE FUNCTION calsync_announce_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', json_build_object(
    'type', 'calendar-sync', 'userId', NEW."userId", 'id', NEW."calendarSyncId")::text);
  RETURN NULL;
END $$;
CREATE TRIGGER "SyncConflict_announce" AFTER INSERT OR UPDATE ON "SyncConflict"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_question();
CREATE TRIGGER "MassChange_announce" AFTER INSERT OR UPDATE ON "MassChange"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_question();
