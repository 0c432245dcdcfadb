-- A host's edit of an event that is not ours may ask which side counts: open pages hear when it begins and ends to ask, or is
-- done, as of a change of its calendar.
CREATE TRIGGER "ExternalEdit_announce" AFTER INSERT ON "ExternalEdit"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_question();
CREATE TRIGGER "ExternalEdit_announce_update" AFTER UPDATE ON "ExternalEdit"
  FOR EACH ROW WHEN (OLD."status" IS DISTINCT FROM NEW."status")
  EXECUTE FUNCTION calsync_announce_question();

-- The badge of every page counts them.
CREATE INDEX "ExternalEdit_asking_idx" ON "ExternalEdit" ("userId") WHERE "status" = 'CONFLICT';
