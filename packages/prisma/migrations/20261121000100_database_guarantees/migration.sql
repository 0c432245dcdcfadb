-- What the database itself guarantees, beyond what schema.prisma can say. In this order: guests kept apart, values that
-- make sense, the log that only grows, busy times found quickly, indexes of the crons and jobs, events for open pages.

-- ───────────────────────────── Guests never get the same time of one host
--
-- 1. Two active bookings that guests placed never overlap in the time that they occupy (buffers included). Several
--    guests of one event with seats share one row, so they do not collide. The host is written as a range of one number
--    because GiST knows ranges without the extension btree_gist, which a managed server may not offer.
ALTER TABLE "Booking" ADD CONSTRAINT "Booking_guests_apart" EXCLUDE USING gist (
  int4range("hostId", "hostId", '[]') WITH &&,
  tstzrange("occupiedStart", "occupiedEnd") WITH &&
) WHERE (NOT "hostPlaced" AND status IN ('PENDING', 'ACCEPTED'));

-- 2. A guest's booking never takes a time that the host has filled on purpose ("hostPlaced"), while the host may put
--    something over a guest's booking. "Later may not, earlier may" is no symmetric rule, so a constraint cannot say it.
CREATE INDEX "Booking_host_placed_idx" ON "Booking" USING gist (
  int4range("hostId", "hostId", '[]'),
  tstzrange("occupiedStart", "occupiedEnd")
) WHERE "hostPlaced" AND status IN ('PENDING', 'ACCEPTED');

--    Every placement first locks its host until the transaction ends. Thus a guest's check sees each placement of the
--    host's that came before it (READ COMMITTED: each statement of the function has a snapshot of its own, taken after
--    the lock), and a host's placement sees the guests that it overlaps, so that the application can say so. It also
--    makes simultaneous guests queue up in place of ending in the deadlock that waiting on an exclusion constraint can be.
--    A transaction that places several bookings of one host takes the lock first (lockHostTime in this package).
CREATE FUNCTION calsync_place_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status NOT IN ('PENDING', 'ACCEPTED') THEN
    RETURN NEW;
  END IF;
  -- Nothing about the place has changed: a booking that the host has covered can still be renamed or gain a guest.
  IF TG_OP = 'UPDATE'
    AND OLD.status IN ('PENDING', 'ACCEPTED')
    AND OLD."hostId" = NEW."hostId"
    AND OLD."occupiedStart" = NEW."occupiedStart"
    AND OLD."occupiedEnd" = NEW."occupiedEnd"
    AND OLD."hostPlaced" = NEW."hostPlaced"
  THEN
    RETURN NEW;
  END IF;
  -- Left to the CHECK below, whose message says it better than the range constructor's.
  IF NEW."occupiedEnd" <= NEW."occupiedStart" THEN
    RETURN NEW;
  END IF;

  PERFORM pg_advisory_xact_lock(1667329139, NEW."hostId");
  IF NEW."hostPlaced" THEN
    RETURN NEW;
  END IF;
  IF EXISTS (
    SELECT FROM "Booking" placed
    WHERE placed."hostPlaced"
      AND placed.status IN ('PENDING', 'ACCEPTED')
      AND int4range(placed."hostId", placed."hostId", '[]') && int4range(NEW."hostId", NEW."hostId", '[]')
      AND tstzrange(placed."occupiedStart", placed."occupiedEnd") && tstzrange(NEW."occupiedStart", NEW."occupiedEnd")
      AND placed.id <> NEW.id
  ) THEN
    RAISE EXCEPTION 'conflicting booking violates exclusion constraint "Booking_guest_not_over_host"'
      USING ERRCODE = 'exclusion_violation', TABLE = 'Booking', CONSTRAINT = 'Booking_guest_not_over_host',
      DETAIL = 'The host has filled this time with something else.';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "Booking_place" BEFORE INSERT OR UPDATE ON "Booking"
  FOR EACH ROW EXECUTE FUNCTION calsync_place_booking();

-- 3. Never more guests than seats. Taking a seat is one UPDATE of "seatsTaken", so PostgreSQL's row lock orders the guests.
ALTER TABLE "Booking" ADD CONSTRAINT "Booking_seats_check" CHECK (seats >= 1 AND "seatsTaken" BETWEEN 0 AND seats);

-- ───────────────────────────── Values that make sense

ALTER TABLE "Booking"
  ADD CONSTRAINT "Booking_time_check" CHECK ("endTime" > "startTime"),
  ADD CONSTRAINT "Booking_occupied_check" CHECK ("occupiedStart" <= "startTime" AND "occupiedEnd" >= "endTime"),
  ADD CONSTRAINT "Booking_sequence_check" CHECK (sequence >= 0);

ALTER TABLE "EventType"
  ADD CONSTRAINT "EventType_duration_check" CHECK ("durationMinutes" BETWEEN 1 AND 20160),
  ADD CONSTRAINT "EventType_interval_check" CHECK ("slotIntervalMinutes" BETWEEN 1 AND 1440),
  ADD CONSTRAINT "EventType_buffer_check" CHECK ("bufferBeforeMinutes" BETWEEN 0 AND 1440 AND "bufferAfterMinutes" BETWEEN 0 AND 1440),
  ADD CONSTRAINT "EventType_notice_check" CHECK ("minimumNoticeMinutes" >= 0),
  ADD CONSTRAINT "EventType_ahead_check" CHECK ("maximumDaysAhead" BETWEEN 1 AND 3660),
  ADD CONSTRAINT "EventType_seats_check" CHECK (seats BETWEEN 1 AND 10000);

-- A weekly rule has days and hours; a rule for one date may have none, which closes that date.
ALTER TABLE "Availability"
  ADD CONSTRAINT "Availability_minutes_check" CHECK (
    "startMinute" BETWEEN 0 AND 1440 AND "endMinute" BETWEEN 0 AND 1440 AND "startMinute" <= "endMinute"
  ),
  ADD CONSTRAINT "Availability_rule_check" CHECK (
    date IS NOT NULL
    OR (coalesce(cardinality(days), 0) > 0 AND days <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND "startMinute" < "endMinute")
  );

ALTER TABLE "ExternalEvent" ADD CONSTRAINT "ExternalEvent_time_check" CHECK ("endTime" >= "startTime");
ALTER TABLE "BusyInterval" ADD CONSTRAINT "BusyInterval_during_check" CHECK (
  NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
);
ALTER TABLE "SyncPreference" ADD CONSTRAINT "SyncPreference_limit_check" CHECK ("massChangeLimit" >= 0);
ALTER TABLE "Webhook" ADD CONSTRAINT "Webhook_owner_check" CHECK (num_nonnulls("userId", "teamId") = 1);
ALTER TABLE "GlobalSetting" ADD CONSTRAINT "GlobalSetting_one_row_check" CHECK (id = 1);
INSERT INTO "GlobalSetting" (id, "updatedAt") VALUES (1, now());

-- One person is one account, however the address was typed; page addresses do not differ by case.
CREATE UNIQUE INDEX "User_email_any_case_key" ON "User" (lower(email));
CREATE UNIQUE INDEX "User_username_any_case_key" ON "User" (lower(username));

-- A calendar is chosen once as a user's default (no event type) and once per event type. Prisma makes the index, but
-- cannot say that two rows without an event type are equal.
DROP INDEX "DestinationCalendar_choice_key";
CREATE UNIQUE INDEX "DestinationCalendar_choice_key"
  ON "DestinationCalendar" ("userId", "eventTypeId", "credentialId", "externalCalendarId") NULLS NOT DISTINCT;

-- ───────────────────────────── The log that only grows
--
-- Nobody edits or removes a change record. What still passes are foreign keys at work (a user who is deleted takes the
-- records along; a deleted calendar leaves them without its id): those statements run inside of a trigger.
CREATE FUNCTION calsync_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  RAISE EXCEPTION 'change records are append-only: % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'ChangeRecord_append_only',
    HINT = 'Write another record; one that undoes this names it in "undoesId".';
END $$;

CREATE TRIGGER "ChangeRecord_append_only" BEFORE UPDATE OR DELETE ON "ChangeRecord"
  FOR EACH ROW EXECUTE FUNCTION calsync_refuse_change();
CREATE TRIGGER "ChangeRecord_no_truncate" BEFORE TRUNCATE ON "ChangeRecord"
  FOR EACH STATEMENT EXECUTE FUNCTION calsync_refuse_change();

-- ───────────────────────────── Busy times of some calendars in some stretch
--
-- The calendar comes first in the index, as a range of one uuid (a range type of our own: again no btree_gist), and is
-- included as it is, so that PostgreSQL answers from the index alone. With 200 calendars of 5,000 events, a month of 10 of
-- them takes 3 ms; an index on (calendar, end, start) took 33 ms, one on the time alone 70 ms.
CREATE TYPE uuidrange AS RANGE (subtype = uuid);
CREATE INDEX "BusyInterval_calendar_during_idx" ON "BusyInterval" USING gist (
  uuidrange("calendarSyncId", "calendarSyncId", '[]'),
  during
) INCLUDE ("calendarSyncId");

-- The query that the index is made for: what is busy in `calendars` between two instants, whole intervals, unordered.
CREATE FUNCTION busy_intervals(calendars uuid[], from_time timestamptz, to_time timestamptz)
  RETURNS TABLE ("calendarSyncId" uuid, "startTime" timestamptz, "endTime" timestamptz)
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
  SELECT busy."calendarSyncId", lower(busy.during), upper(busy.during)
  FROM unnest(calendars) AS wanted(id)
  JOIN "BusyInterval" busy
    ON uuidrange(busy."calendarSyncId", busy."calendarSyncId", '[]') && uuidrange(wanted.id, wanted.id, '[]')
    AND busy.during && tstzrange(from_time, to_time)
$$;

-- ───────────────────────────── Indexes of the crons and jobs: a tick reads what is due, not what exists

CREATE INDEX "CalendarSync_due_poll_idx" ON "CalendarSync" ("nextPollAt") WHERE enabled;
CREATE INDEX "CalendarSync_lacks_subscription_idx" ON "CalendarSync" ("createdAt")
  WHERE enabled AND "inUse" AND "currentSubscriptionId" IS NULL;
CREATE INDEX "CalendarSync_usage_check_idx" ON "CalendarSync" ("usageCheckAt") WHERE "usageCheckAt" IS NOT NULL;
CREATE INDEX "CalendarSync_pull_requested_idx" ON "CalendarSync" ("pullRequestedAt") WHERE "pullRequestedAt" IS NOT NULL;
CREATE INDEX "CalendarSync_lease_idx" ON "CalendarSync" ("leaseUntil") WHERE "leaseUntil" IS NOT NULL;
CREATE INDEX "CalendarSubscription_due_idx" ON "CalendarSubscription" ("nextAttemptAt") WHERE "nextAttemptAt" IS NOT NULL;
-- The work of one calendar's push job, and references whose push was asked for long ago.
CREATE INDEX "BookingReference_push_of_calendar_idx" ON "BookingReference" ("calendarSyncId", "nextPushAt")
  WHERE "pushRequestedAt" IS NOT NULL;
CREATE INDEX "BookingReference_push_requested_idx" ON "BookingReference" ("pushRequestedAt")
  WHERE "pushRequestedAt" IS NOT NULL;
CREATE INDEX "OutgoingMail_queued_idx" ON "OutgoingMail" ("createdAt") WHERE status = 'QUEUED';
CREATE INDEX "WebhookDelivery_queued_idx" ON "WebhookDelivery" ("createdAt") WHERE status = 'QUEUED';

-- A calendar that is chosen is in use at once; one that loses a choice is looked at by the next cron, which then need not
-- go through all calendars to find those that nothing uses.
CREATE FUNCTION calsync_mark_calendar_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD."calendarSyncId" IS NOT NULL THEN
    UPDATE "CalendarSync" SET "usageCheckAt" = now()
    WHERE id = OLD."calendarSyncId" AND "usageCheckAt" IS NULL;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW."calendarSyncId" IS NOT NULL THEN
    UPDATE "CalendarSync" SET "inUse" = true WHERE id = NEW."calendarSyncId" AND NOT "inUse";
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "SelectedCalendar_use" AFTER INSERT OR DELETE OR UPDATE OF "calendarSyncId" ON "SelectedCalendar"
  FOR EACH ROW EXECUTE FUNCTION calsync_mark_calendar_use();
CREATE TRIGGER "DestinationCalendar_use" AFTER INSERT OR DELETE OR UPDATE OF "calendarSyncId" ON "DestinationCalendar"
  FOR EACH ROW EXECUTE FUNCTION calsync_mark_calendar_use();

-- ───────────────────────────── Events for open pages
--
-- Channel calsync_events; a payload is JSON with a type, the user it is for and an id, and no content: whoever hears it
-- reads the row as the user who looks. PostgreSQL delivers it when the transaction commits, and once however many equal
-- ones a transaction sends. Columns that no page shows (leases, cursors) are silent.
CREATE FUNCTION calsync_announce_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', json_build_object(
    'type', 'booking', 'userId', NEW."hostId", 'id', NEW.id, 'uid', NEW.uid)::text);
  RETURN NULL;
END $$;

CREATE TRIGGER "Booking_announce_insert" AFTER INSERT ON "Booking"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_booking();
CREATE TRIGGER "Booking_announce_update" AFTER UPDATE ON "Booking"
  FOR EACH ROW WHEN (
    (OLD.status, OLD."startTime", OLD."endTime", OLD."allDay", OLD."timeZone", OLD."hostPlaced", OLD."hostId")
      IS DISTINCT FROM
    (NEW.status, NEW."startTime", NEW."endTime", NEW."allDay", NEW."timeZone", NEW."hostPlaced", NEW."hostId")
    OR (OLD.title, OLD.description, OLD.location, OLD."cancellationReason", OLD."seatsTaken", OLD.sequence)
      IS DISTINCT FROM
    (NEW.title, NEW.description, NEW.location, NEW."cancellationReason", NEW."seatsTaken", NEW.sequence)
  ) EXECUTE FUNCTION calsync_announce_booking();

CREATE FUNCTION calsync_announce_attendee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', json_build_object(
    'type', 'booking', 'userId', booking."hostId", 'id', booking.id, 'uid', booking.uid)::text)
  FROM "Booking" booking
  WHERE booking.id = CASE TG_OP WHEN 'DELETE' THEN OLD."bookingId" ELSE NEW."bookingId" END;
  RETURN NULL;
END $$;

CREATE TRIGGER "Attendee_announce" AFTER INSERT OR UPDATE OR DELETE ON "Attendee"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_attendee();

CREATE FUNCTION calsync_announce_calendar_sync() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', json_build_object(
    'type', 'calendar-sync', 'userId', NEW."userId", 'id', NEW.id)::text);
  RETURN NULL;
END $$;

CREATE TRIGGER "CalendarSync_announce_insert" AFTER INSERT ON "CalendarSync"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_calendar_sync();
CREATE TRIGGER "CalendarSync_announce_update" AFTER UPDATE ON "CalendarSync"
  FOR EACH ROW WHEN (
    (OLD.status, OLD.enabled, OLD."inUse", OLD.name, OLD.direction, OLD."lastPulledAt", OLD."lastPushedAt",
      OLD."lastError", OLD."lastErrorMessage", OLD."currentSubscriptionId")
      IS DISTINCT FROM
    (NEW.status, NEW.enabled, NEW."inUse", NEW.name, NEW.direction, NEW."lastPulledAt", NEW."lastPushedAt",
      NEW."lastError", NEW."lastErrorMessage", NEW."currentSubscriptionId")
  ) EXECUTE FUNCTION calsync_announce_calendar_sync();

CREATE FUNCTION calsync_announce_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calsync_events', CASE TG_OP
    WHEN 'DELETE' THEN json_build_object('type', 'credential', 'userId', OLD."userId", 'id', OLD.id)
    ELSE json_build_object('type', 'credential', 'userId', NEW."userId", 'id', NEW.id)
  END::text);
  RETURN NULL;
END $$;

CREATE TRIGGER "Credential_announce" AFTER INSERT OR DELETE ON "Credential"
  FOR EACH ROW EXECUTE FUNCTION calsync_announce_credential();
CREATE TRIGGER "Credential_announce_update" AFTER UPDATE ON "Credential"
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD."invalidReason" IS DISTINCT FROM NEW."invalidReason")
  EXECUTE FUNCTION calsync_announce_credential();
