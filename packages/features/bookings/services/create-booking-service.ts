import type { Interval } from "@calsync/types";
import type {
  Booked,
  BookingDto,
  BookingList,
  BookingListQuery,
  BookRequest,
  CreateEventType,
  EventTypeDto,
  OccurrenceDto,
  PublicEventType,
  PublicProfile,
  Slots,
  SlotsQuery,
  UpdateEventType,
} from "../dto.ts";
import { seatsAndSeries, slugTaken, unknownBooking, unknownEventType, unknownHost } from "../errors.ts";
import { findByUid } from "../repositories/BookingRepository.ts";
import * as eventTypes from "../repositories/EventTypeRepository.ts";
import { findOccurrences } from "../repositories/SeriesRepository.ts";
import { isSlugTaken } from "../repositories/transaction.ts";
import { book } from "./book.ts";
import { cancel } from "./cancel.ts";
import type { SeriesScope } from "./cancel-series.ts";
import type { BookingDependencies } from "./dependencies.ts";
import { listBookings, listBookingsBetween, toHostDtos } from "./list-bookings.ts";
import { type Acted, reschedule } from "./reschedule.ts";
import { getSlots } from "./slots.ts";
import { asStrangersSee, toGuestDto } from "./to-dto.ts";
import { findActingGuest, roleOf, type Viewer } from "./viewer.ts";

/**
 * Everything that hosts and guests do with bookings. Failures are `AppError`s with a code of their own; what belongs to
 * another user is `not-found`.
 */
export interface BookingService {
  /** A host's public page. @throws not-found `unknown_host` */
  getPublicProfile(username: string): Promise<PublicProfile>;
  /** One event type by its public address, hidden ones too. @throws not-found `unknown_event_type` */
  getPublicEventType(username: string, slug: string): Promise<PublicEventType>;
  /**
   * Times that can be booked, by day. With `rescheduleUid`, those that this booking can be moved to, alone or with as much of
   * its series as `scope` says: their own times count as free then, for its viewer alone. With `count`, those from which so
   * many occurrences are free.
   * @throws not-found `unknown_event_type`, `unknown_booking`; invalid `bad_range`, `range_too_long`, `not_recurring`,
   *   `too_many_occurrences`
   */
  getSlots(query: SlotsQuery, viewer?: Viewer | null): Promise<Slots>;
  /**
   * Books an offered time, or takes a seat in a shared one, with mails, calendars and all in one transaction.
   * @returns the guest's secret too; a repeated request with the same idempotency key gets the first one's answer
   * @throws conflict `slot_taken`, `already_booked`, `idempotency_key_reused`; invalid `slot_not_offered`; not-found
   */
  book(request: BookRequest, options?: { idempotencyKey?: string | undefined }): Promise<Booked>;
  /** @throws not-found `unknown_booking`, also when it is not the viewer's */
  get(uid: string, viewer: Viewer): Promise<BookingDto>;
  /**
   * All occurrences of the booking's series, in order; none of a single booking. A guest gets the secret of each that is theirs: by that of
   * one they may move or cancel all of them already.
   * @throws not-found `unknown_booking`
   */
  occurrences(uid: string, viewer: Viewer): Promise<OccurrenceDto[]>;
  /** Whether a booking exists and is the viewer's: for streams of events. */
  maySee(uid: string, viewer: Viewer): Promise<boolean>;
  /**
   * Moves a booking; its length stays. Guests choose among offered times, hosts among all that are free. Of a series: it alone, it
   * and all later ones, or all that are still to come; each of them has to fit.
   * @throws conflict `slot_taken`, `occurrences_taken`, `booking_cancelled`, `booking_ended`, `event_type_gone`; forbidden `shared_booking`;
   *   invalid `slot_not_offered`, `time_in_past`; not-found
   */
  reschedule(
    uid: string,
    change: { start: string; scope?: SeriesScope | "one" | undefined },
    viewer: Viewer,
  ): Promise<BookingDto>;
  /**
   * Cancels a booking; a guest of a shared one cancels their seat. Repeating it changes nothing. Of a series: it alone, it and
   * all later ones, or all that are still to come.
   * @throws conflict `booking_ended`; not-found
   */
  cancel(
    uid: string,
    change: { reason?: string | undefined; scope?: SeriesScope | "one" | undefined },
    viewer: Viewer,
  ): Promise<BookingDto>;
  /** @throws invalid `bad_cursor` */
  list(userId: number, query: BookingListQuery): Promise<BookingList>;
  /** The active bookings that touch a range. */
  listBetween(userId: number, range: Interval): Promise<BookingDto[]>;
  listEventTypes(userId: number): Promise<EventTypeDto[]>;
  /** @throws conflict `slug_taken` */
  createEventType(userId: number, fields: CreateEventType): Promise<EventTypeDto>;
  /** @throws conflict `slug_taken`, `seats_and_recurrence`; not-found `unknown_event_type` */
  updateEventType(userId: number, id: number, changes: UpdateEventType): Promise<EventTypeDto>;
}

/** Puts the service together. */
export function createBookingService(deps: BookingDependencies): BookingService {
  const { prisma, now } = deps;

  async function show({ booking, role }: Acted): Promise<BookingDto> {
    if (role.role === "guest") return toGuestDto(booking, role.guest.email);
    const [dto] = await toHostDtos(prisma, [booking]);
    if (!dto) throw unknownBooking();
    return dto;
  }

  async function find(uid: string, viewer: Viewer): Promise<Acted | null> {
    const booking = await findByUid(prisma, uid);
    const role = booking && roleOf(booking, viewer, deps.guestTokens);
    return booking && role ? { booking, role } : null;
  }

  async function namingSlugs<T>(write: Promise<T>): Promise<T> {
    try {
      return await write;
    } catch (error) {
      throw isSlugTaken(error) ? slugTaken(error) : error;
    }
  }

  return {
    async getPublicProfile(username) {
      const profile = await eventTypes.findProfile(prisma, username);
      if (!profile) throw unknownHost();
      return { ...profile, eventTypes: profile.eventTypes.map(asStrangersSee) };
    },
    async getPublicEventType(username, slug) {
      const found = await eventTypes.findByAddress(prisma, username, slug);
      if (!found) throw unknownEventType();
      const { id: _id, ...host } = found.host;
      return { host, eventType: asStrangersSee(found.eventType) };
    },
    getSlots: (query, viewer = null) => getSlots(deps, query, viewer),
    book: (request, options) => book(deps, request, options),
    async get(uid, viewer) {
      const found = await find(uid, viewer);
      if (!found) throw unknownBooking();
      return show(found);
    },
    async occurrences(uid, viewer) {
      const found = await find(uid, viewer);
      if (!found) throw unknownBooking();
      const { booking, role } = found;
      const rows = booking.recurringGroup ? await findOccurrences(prisma, booking.recurringGroup) : [];
      if (role.role === "host") {
        return (await toHostDtos(prisma, rows)).map((dto) => ({ ...dto, guestToken: null }));
      }
      const { email } = role.guest;
      return rows
        .filter((row) => findActingGuest(row, email))
        .map((row) => ({
          ...toGuestDto(row, email),
          guestToken: deps.guestTokens.tokenFor({ uid: row.uid, email }),
        }));
    },
    maySee: async (uid, viewer) => (await find(uid, viewer)) !== null,
    reschedule: async (uid, { start, scope }, viewer) =>
      show(await reschedule(deps, uid, new Date(start), viewer, scope)),
    cancel: async (uid, { reason, scope }, viewer) =>
      show(await cancel(deps, uid, reason || null, viewer, scope)),
    list: (userId, query) => listBookings(prisma, userId, query, now()),
    listBetween: (userId, range) => listBookingsBetween(prisma, userId, range),
    listEventTypes: (userId) => eventTypes.findOfUser(prisma, userId),
    createEventType: (userId, fields) => namingSlugs(eventTypes.create(prisma, userId, fields)),
    async updateEventType(userId, id, changes) {
      const updated = await namingSlugs(eventTypes.update(prisma, userId, id, changes));
      if (updated) return updated;
      throw (await eventTypes.exists(prisma, userId, id)) ? seatsAndSeries() : unknownEventType();
    },
  };
}
