CREATE TABLE "CalendarMapping" (
  "credentialId" INTEGER NOT NULL,
  "externalCalendarId" TEXT NOT NULL,
  "mapping" JSONB NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "CalendarMapping_pkey" PRIMARY KEY ("credentialId", "externalCalendarId"),
  CONSTRAINT "CalendarMapping_credentialId_fkey" FOREIGN KEY ("credentialId") REFERENCES "Credential" ("id")
    ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "NotificationSecret" (
  "provider" TEXT NOT NULL,
  "secret" TEXT,
  "acceptUntil" TIMESTAMPTZ(3),
  "updatedAt" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "NotificationSecret_pkey" PRIMARY KEY ("provider")
);

-- Notifications of an integration name what has changed, not a channel.
CREATE INDEX "CalendarSubscription_provider_providerResourceId_idx"
  ON "CalendarSubscription" ("provider", "providerResourceId");
