import { type DatabaseEvent, listenForEvents } from "@calsync/prisma";

/**
 * Something of a user's has changed. Without `uid` and `id` it may be anything of that type: the feed was cut off for a
 * while and does not know.
 */
export interface Change {
  type: "booking" | "calendar" | "calendar-file" | "credential" | "sync-run";
  uid?: string;
  id?: string | number;
}

/** Whose changes a subscriber hears of. */
export type Audience = { userId: number } | { bookingUid: string };

/** One listening connection of this process, shared by all pages that watch. */
export interface ChangeFeed {
  /** @returns ends the subscription */
  subscribe(audience: Audience, listener: (change: Change) => void): () => void;
  /** Ends the connection; subscribers hear no more. */
  close(): Promise<void>;
}

/** Where changes are heard of. */
export interface ChangeFeedOptions {
  /** Of the database itself, or of a pooler in session mode. */
  url: string;
  log: { warn(fields: object, message: string): void };
}

interface Subscriber {
  audience: Audience;
  listener: (change: Change) => void;
}

/**
 * Passes on each change that the database tells of to those whom it concerns; after an interruption everybody is told that
 * anything may have changed.
 */
export function createChangeFeed({ url, log }: ChangeFeedOptions): ChangeFeed {
  const subscribers = new Set<Subscriber>();

  function onEvent(event: DatabaseEvent): void {
    const uid = event.type === "booking" ? event.uid : undefined;
    const change = toChange(event);
    for (const { audience, listener } of subscribers) {
      const concerned = "userId" in audience ? audience.userId === event.userId : audience.bookingUid === uid;
      if (concerned) listener(change);
    }
  }

  function onGap(): void {
    for (const { audience, listener } of subscribers) {
      listener({ type: "booking" });
      if ("bookingUid" in audience) continue;
      listener({ type: "calendar" });
      listener({ type: "calendar-file" });
      listener({ type: "credential" });
      listener({ type: "sync-run" });
    }
  }

  const database = listenForEvents({ url, log, onEvent, onGap });
  return {
    subscribe(audience, listener) {
      const subscriber = { audience, listener };
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    async close() {
      subscribers.clear();
      await database.stop();
    },
  };
}

/** In the words of the API: a booking is known by its uid outside, and a CalendarSync is a calendar there. */
function toChange(event: DatabaseEvent): Change {
  if (event.type === "booking") return { type: "booking", uid: event.uid };
  if (event.type === "calendar-file") return { type: "calendar-file" };
  return { type: event.type === "calendar-sync" ? "calendar" : event.type, id: event.id };
}
