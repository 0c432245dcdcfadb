import { createTestDatabase, type TestDatabase } from "@calsync/testing";
import type { Interval } from "@calsync/types";
import type { BookRequest } from "../dto.ts";
import { type BookingService, createBookingService } from "../services/create-booking-service.ts";
import { createGuestTokens } from "../services/guest-tokens.ts";

/** A database with hosts, and the service with a clock and busy times that a test sets. Sync is only listened to. */
export interface BookingWorld {
  database: TestDatabase;
  service: BookingService;
  now: Date;
  busy: Interval[];
  /** Ids of the bookings that sync was told of, call by call. */
  synced: number[][];
  /** Called by sync in the transaction of the change. */
  onSync: (() => void) | null;
  makeHost(changes?: Partial<EventTypeFields>): Promise<TestHost>;
  close(): Promise<void>;
}

/** A host with an event type that guests can book. */
export interface TestHost {
  id: number;
  username: string;
  eventTypeId: number;
  request(changes?: Partial<BookRequest>): BookRequest;
}

interface EventTypeFields {
  seats: number;
  durationMinutes: number;
  slotIntervalMinutes: number;
  bufferBeforeMinutes: number;
  bufferAfterMinutes: number;
  description: string;
}

/** Monday; hosts are open on weekdays from 9 to 17 in Berlin, two hours ahead of UTC. */
export const MONDAY = new Date("2026-06-01T06:00:00.000Z");

/** Bookings on a database of their own, for one test file. */
export async function makeBookingWorld(): Promise<BookingWorld> {
  const database = await createTestDatabase({ maxConnections: 12 });
  let hosts = 0;
  const world: BookingWorld = {
    database,
    now: MONDAY,
    busy: [],
    synced: [],
    onSync: null,
    service: createBookingService({
      prisma: database.prisma,
      sync: {
        async bookingsChanged(_tx, changes) {
          world.synced.push(changes.map(({ bookingId }) => bookingId));
          world.onSync?.();
        },
      },
      busy: async () => ({
        intervals: world.busy,
        freshness: [{ name: "Work", lastPulledAt: MONDAY, source: "mirror", ok: true }],
        closed: false,
      }),
      now: () => world.now,
      log: { info() {} },
      guestTokens: createGuestTokens(["k".repeat(32)]),
    }),
    async makeHost(changes = {}) {
      const username = `dana${++hosts}`;
      const { id } = await database.prisma.user.create({
        data: {
          username,
          name: "Dana Demo",
          email: `${username}@example.test`,
          timeZone: "Europe/Berlin",
          schedules: {
            create: {
              name: "Weekdays",
              timeZone: "Europe/Berlin",
              availability: { create: { days: [1, 2, 3, 4, 5], startMinute: 540, endMinute: 1020 } },
            },
          },
        },
      });
      const eventType = await database.prisma.eventType.create({
        data: { userId: id, title: "30 min intro", slug: "intro", durationMinutes: 30, ...changes },
      });
      return {
        id,
        username,
        eventTypeId: eventType.id,
        request: (fields = {}) => ({
          username,
          eventType: "intro",
          start: "2026-06-02T08:00:00.000Z",
          timeZone: "America/New_York",
          guest: { name: "Ann Guest", email: "ann@example.test" },
          ...fields,
        }),
      };
    },
    close: () => database.drop(),
  };
  return world;
}
