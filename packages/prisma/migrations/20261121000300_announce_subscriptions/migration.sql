-- How changes reach us is part of a calendar's status: open pages hear when its subscription turns active, fails or ends.
CREATE FUNCTION calsync_announce_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', json_build_object(
    'type', 'calendar-sync', 'userId', calendar."userId", 'id', calendar.id)::text)
  FROM "CalendarSync" calendar
  WHERE calendar.id = NEW."calendarSyncId";
  RETURN NULL;
END $$;

CREATE TRIGGER "CalendarSubscription_announce_update" AFTER UPDATE ON "CalendarSubscription"
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION calsync_announce_subscription();
