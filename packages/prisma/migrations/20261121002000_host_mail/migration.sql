-- News for hosts that is not about one booking's state.
CREATE TABLE "HostMail" (
    "id" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "status" "MailStatus" NOT NULL DEFAULT 'QUEUED',
    "batchId" UUID,
    "error" TEXT,
    "sentAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "HostMail_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "HostMail_userId_kind_key_key" ON "HostMail"("userId", "kind", "key");

ALTER TABLE "HostMail" ADD CONSTRAINT "HostMail_userId_fkey"
  FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the job of one host and kind takes.
CREATE INDEX "HostMail_queued_idx" ON "HostMail" ("userId", "kind") WHERE status = 'QUEUED';
