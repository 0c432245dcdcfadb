-- CreateEnum
CREATE TYPE "InboxMessageStatus" AS ENUM ('HANDLED', 'SET_ASIDE', 'DISMISSED');

-- CreateTable
CREATE TABLE "Inbox" (
    "name" TEXT NOT NULL,
    "validity" TEXT,
    "lastUid" BIGINT NOT NULL DEFAULT 0,
    "takingUid" BIGINT,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "leaseOwner" UUID,
    "leaseUntil" TIMESTAMPTZ(3),
    "lastReadAt" TIMESTAMPTZ(3),
    "lastError" TEXT,
    "errorCount" INTEGER NOT NULL DEFAULT 0,
    "nextReadAt" TIMESTAMPTZ(3),

    CONSTRAINT "Inbox_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "InboxMessage" (
    "id" UUID NOT NULL,
    "userId" INTEGER,
    "fingerprint" BYTEA NOT NULL,
    "messageId" TEXT,
    "sender" TEXT,
    "subject" TEXT NOT NULL,
    "status" "InboxMessageStatus" NOT NULL,
    "reason" TEXT,
    "detail" TEXT,
    "importId" UUID,
    "receivedAt" TIMESTAMPTZ(3) NOT NULL,
    "takenAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "InboxMessage_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "InboxMessage_userId_takenAt_idx" ON "InboxMessage"("userId", "takenAt");

-- CreateIndex
CREATE INDEX "InboxMessage_importId_idx" ON "InboxMessage"("importId");

-- AddForeignKey
ALTER TABLE "InboxMessage" ADD CONSTRAINT "InboxMessage_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "InboxMessage" ADD CONSTRAINT "InboxMessage_importId_fkey" FOREIGN KEY ("importId") REFERENCES "CalendarImport"("id") ON DELETE SET NULL ON UPDATE CASCADE;

ALTER TABLE "Inbox" ADD CONSTRAINT "Inbox_lease_check" CHECK (("leaseOwner" IS NULL) = ("leaseUntil" IS NULL));
-- Whatever is not applied says why.
ALTER TABLE "InboxMessage" ADD CONSTRAINT "InboxMessage_reason_check" CHECK ("status" = 'HANDLED' OR "reason" IS NOT NULL);
-- One mail is taken once for each user, or once for nobody, however often the mailbox shows it.
CREATE UNIQUE INDEX "InboxMessage_once_key" ON "InboxMessage" ((coalesce("userId", 0)), "fingerprint");
-- What waits for a person.
CREATE INDEX "InboxMessage_set_aside_idx" ON "InboxMessage" ("userId", "takenAt") WHERE "status" = 'SET_ASIDE';

-- Open pages hear of calendar files, feeds and mails that were set aside as of other changes. An upload that is still being read is silent.
CREATE FUNCTION calsync_announce_calendar_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner int := CASE TG_OP WHEN 'DELETE' THEN OLD."userId" ELSE NEW."userId" END;
BEGIN
  IF owner IS NOT NULL THEN
    PERFORM pg_notify('calsync_events', json_build_object('type', 'calendar-file', 'userId', owner)::text);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "CalendarImport_announce" AFTER DELETE OR UPDATE OF "status" ON "CalendarImport"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_calendar_file();
CREATE TRIGGER "CalendarFeed_announce" AFTER INSERT OR UPDATE OF "revokedAt" ON "CalendarFeed"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_calendar_file();
CREATE TRIGGER "InboxMessage_announce" AFTER INSERT OR DELETE OR UPDATE OF "status" ON "InboxMessage"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_calendar_file();
