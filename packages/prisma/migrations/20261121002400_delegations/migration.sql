-- Keys with which an organisation's administrator has opened all of its accounts.
CREATE TABLE "Delegation" (
    "id" SERIAL NOT NULL,
    "provider" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Delegation_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "Delegation_provider_domain_key" ON "Delegation"("provider", "domain");

ALTER TABLE "Credential" ADD COLUMN "delegationId" INTEGER;
CREATE INDEX "Credential_delegationId_idx" ON "Credential"("delegationId");
ALTER TABLE "Credential" ADD CONSTRAINT "Credential_delegationId_fkey"
  FOREIGN KEY ("delegationId") REFERENCES "Delegation"("id") ON DELETE SET NULL ON UPDATE CASCADE;
