-- CreateEnum
CREATE TYPE "WebhookDeliveryStatus" AS ENUM ('QUEUED', 'DELIVERED', 'FAILED', 'SUPERSEDED');

-- AlterTable
ALTER TABLE "Webhook" ADD COLUMN     "disabledAt" TIMESTAMPTZ(3),
ADD COLUMN     "disabledReason" TEXT,
ADD COLUMN     "failingSince" TIMESTAMPTZ(3),
ADD COLUMN     "failuresInARow" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "name" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "pausedUntil" TIMESTAMPTZ(3),
ADD COLUMN     "previousSecretUntil" TIMESTAMPTZ(3),
ADD COLUMN     "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "WebhookDelivery" ADD COLUMN     "bookingId" INTEGER,
ADD COLUMN     "coalesceKey" TEXT,
ADD COLUMN     "durationMs" INTEGER,
ADD COLUMN     "lastAttemptAt" TIMESTAMPTZ(3),
ADD COLUMN     "nextAttemptAt" TIMESTAMPTZ(3),
ADD COLUMN     "responseExcerpt" TEXT,
DROP COLUMN "status",
ADD COLUMN     "status" "WebhookDeliveryStatus" NOT NULL DEFAULT 'QUEUED';

-- CreateIndex
CREATE INDEX "WebhookDelivery_createdAt_idx" ON "WebhookDelivery"("createdAt");

-- What waits and has not been tried yet is replaced by later news of the same kind.
CREATE UNIQUE INDEX "WebhookDelivery_coalesce_key" ON "WebhookDelivery" ("webhookId", "coalesceKey")
  WHERE status = 'QUEUED' AND attempts = 0 AND "coalesceKey" IS NOT NULL;
-- What waits although no job works on it: the net under a lost job.
CREATE INDEX "WebhookDelivery_due_idx" ON "WebhookDelivery" ("nextAttemptAt") WHERE status = 'QUEUED';
-- A booking's news that waits, for what makes it superfluous.
CREATE INDEX "WebhookDelivery_booking_waiting_idx" ON "WebhookDelivery" ("bookingId")
  WHERE status = 'QUEUED' AND "bookingId" IS NOT NULL;

ALTER TABLE "Webhook"
  ADD CONSTRAINT "Webhook_previous_secret_check" CHECK (("previousSecret" IS NULL) = ("previousSecretUntil" IS NULL)),
  ADD CONSTRAINT "Webhook_failures_check" CHECK ("failuresInARow" >= 0);

-- An instant as JavaScript writes it, so that what the database puts into a message has one spelling: 2026-06-03T17:00:00.000Z.
CREATE FUNCTION calsync_instant(at timestamptz) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE
  RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
