import { CalendarError } from "@calsync/lib";
import type { CalendarProvider, NotificationKind, NotificationRequest } from "@calsync/types";
import { MEMORY_CAPABILITIES, MemoryCalendar } from "./MemoryCalendar.ts";
import type { MemoryCalendarServer, MemoryNotification } from "./MemoryCalendarServer.ts";

const KINDS: readonly string[] = [
  "change",
  "confirmation",
  "reauthorize",
  "removed",
  "missed",
] satisfies NotificationKind[];

/**
 * The provider `memorycalendar`, for tests that need a whole provider: routes, registries, jobs. Its credential secret
 * is `{ account: string }`, which is read at the first call.
 */
export function memoryCalendarProvider(server: MemoryCalendarServer): CalendarProvider {
  return {
    metadata: {
      slug: "memorycalendar",
      name: "Memory calendar",
      auth: "token",
      website: "https://memory.example/",
      capabilities: MEMORY_CAPABILITIES,
      limits: null,
    },
    createService: ({ credential }) => {
      const calendar = credential.read().then(({ account }) => {
        if (typeof account !== "string")
          throw new CalendarError("CREDENTIAL_INVALID", "the secret names no account");
        return new MemoryCalendar(server, account);
      });
      // The first call reports it; until then nobody is waiting.
      calendar.catch(() => undefined);
      return {
        capabilities: MEMORY_CAPABILITIES,
        listCalendars: async () => (await calendar).listCalendars(),
        getFreeBusy: async (...input) => (await calendar).getFreeBusy(...input),
        createEvent: async (...input) => (await calendar).createEvent(...input),
        updateEvent: async (...input) => (await calendar).updateEvent(...input),
        deleteEvent: async (...input) => (await calendar).deleteEvent(...input),
        getEvent: async (...input) => (await calendar).getEvent(...input),
        watchCalendar: async (...input) => (await calendar).watchCalendar(...input),
        unwatchCalendar: async (...input) => (await calendar).unwatchCalendar(...input),
        async *onWatchedCalendarChange(...input) {
          yield* (await calendar).onWatchedCalendarChange(...input);
        },
      };
    },
    parseNotification: ({ headers }) => {
      const providerSubscriptionId = headers["x-memory-channel-id"];
      const kind = headers["x-memory-kind"];
      if (!providerSubscriptionId || !kind || !KINDS.includes(kind)) {
        return { type: "refused", reason: "the request is not a notification of a memory calendar" };
      }
      const secret = headers["x-memory-channel-secret"] ?? null;
      return {
        type: "notifications",
        notifications: [{ providerSubscriptionId, secret, kind: kind as NotificationKind }],
      };
    },
  };
}

/** A notification as the HTTP request that a notification endpoint would get. */
export function toNotificationRequest(notification: MemoryNotification): NotificationRequest {
  return {
    method: "POST",
    headers: {
      "x-memory-channel-id": notification.providerSubscriptionId,
      "x-memory-channel-secret": notification.secret,
      "x-memory-kind": notification.kind,
    },
    query: {},
    body: new Uint8Array(),
  };
}
