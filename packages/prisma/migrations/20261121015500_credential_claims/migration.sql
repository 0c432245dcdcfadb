-- What a provider wants the next consent to prove, when an account ended for the lack of it.
ALTER TABLE "Credential" ADD COLUMN "invalidClaims" TEXT;
