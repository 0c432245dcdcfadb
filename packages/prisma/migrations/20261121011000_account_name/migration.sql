ALTER TABLE "Credential" ADD COLUMN "accountName" TEXT;
