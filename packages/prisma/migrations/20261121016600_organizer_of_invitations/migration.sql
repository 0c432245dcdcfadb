-- AlterTable
ALTER TABLE "Booking" ADD COLUMN "organizerEmail" TEXT;

-- AlterTable
ALTER TABLE "BookingSeries" ADD COLUMN "organizerEmail" TEXT;

-- Invitations that are out name their host, unless an inbox was there already: then the next mail decides, as it did until now.
UPDATE "BookingSeries" s SET "organizerEmail" = u."email" FROM "User" u
 WHERE u."id" = s."hostId" AND NOT EXISTS (SELECT 1 FROM "Inbox")
   AND EXISTS (SELECT 1 FROM "Booking" b JOIN "OutgoingMail" m ON m."bookingId" = b."id"
                WHERE b."recurringGroup" = s."id" AND m."role" = 'guest' AND m."status" = 'SENT');
UPDATE "Booking" b SET "organizerEmail" = u."email" FROM "User" u
 WHERE u."id" = b."hostId" AND NOT EXISTS (SELECT 1 FROM "Inbox") AND b."recurringGroup" IS NULL
   AND EXISTS (SELECT 1 FROM "OutgoingMail" m WHERE m."bookingId" = b."id" AND m."role" = 'guest' AND m."status" = 'SENT');
