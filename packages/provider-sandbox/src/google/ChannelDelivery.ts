import { BackgroundWork } from "../BackgroundWork.ts";
import type { GoogleFaults } from "./faults.ts";
import { channelKey, type GoogleStore, type StoreChange } from "./GoogleStore.ts";
import type { Channel } from "./types.ts";

/** Documented: these answers are tried again, with exponential backoff; all others are not. */
const RETRIED_STATUSES = new Set([500, 502, 503, 504]);
const DELIVERY_TIMEOUT_MS = 10_000;
/** How long a reordered message waits for later ones to pass it. */
const REORDER_DELAY_MS = 60;

/** Posts change messages to the addresses of push channels, as the push guide describes. */
export class ChannelDelivery {
  readonly #store: GoogleStore;
  readonly #faults: GoogleFaults;
  readonly #work = new BackgroundWork();

  constructor(store: GoogleStore, faults: GoogleFaults) {
    this.#store = store;
    this.#faults = faults;
    store.onChange((change) => this.#tell(change));
  }

  /** The first message of a channel: state `sync`, number 1. Resolves when it was answered or failed. */
  async sendSync(channel: Channel): Promise<void> {
    channel.messageNumber = 1;
    await this.#work.track(() => this.#deliver(channel, "sync", 1, 0));
  }

  /** Resolves once no message is on its way or waiting to be tried again. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  /** Drops what waits and ends what is on its way. */
  close(): void {
    this.#work.close();
  }

  #tell(change: StoreChange): void {
    const now = this.#store.clock.nowMs();
    for (const [key, channel] of this.#store.channels) {
      if (channel.expirationMs <= now) {
        // Expired channels fall silent without notice.
        this.#store.channels.delete(key);
        continue;
      }
      if (!concerns(channel, change) || !this.#mayHear(channel)) continue;
      this.#send(channel);
    }
  }

  /** Channels go silent, without notice, once the user has revoked the app's access or lost the calendar. */
  #mayHear({ email, projectId, calendarId }: Channel): boolean {
    if (!this.#store.oauth.grant(email, projectId)) return false;
    const calendar = calendarId === undefined ? undefined : this.#store.calendars.get(calendarId);
    return calendar === undefined || this.#store.roleOf(calendar, email) !== "none";
  }

  #send(channel: Channel): void {
    // Larger each time but with gaps: a receiver must not count on consecutive numbers.
    channel.messageNumber += this.#store.random.integer(1, 5);
    const number = channel.messageNumber;
    const subject = { method: "notification", account: channel.email, calendarId: channel.calendarId };
    if (this.#faults.strikes("dropNotification", subject)) return;
    const late = this.#faults.strikes("delayNotification", subject);
    const reordered = this.#faults.strikes("reorderNotification", subject);
    const delayMs = (late?.delayMs ?? (late ? 1_000 : 0)) + (reordered ? REORDER_DELAY_MS : 0);
    const copies = this.#faults.strikes("duplicateNotification", subject) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      void this.#work.track(async () => {
        if (delayMs > 0) await this.#work.wait(delayMs);
        await this.#deliver(channel, "exists", number, 0);
      });
    }
  }

  async #deliver(channel: Channel, state: "sync" | "exists", number: number, attempt: number): Promise<void> {
    if (this.#work.signal.aborted) return;
    const headers: Record<string, string> = {
      "user-agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
      accept: "*/*",
      "x-goog-channel-id": channel.id,
      "x-goog-channel-expiration": new Date(channel.expirationMs).toUTCString(),
      "x-goog-resource-id": channel.resourceId,
      "x-goog-resource-uri": channel.resourceUri,
      "x-goog-resource-state": state,
      "x-goog-message-number": String(number),
    };
    if (channel.token !== undefined) headers["x-goog-channel-token"] = channel.token;
    let status: number;
    try {
      const answer = await fetch(channel.address, {
        method: "POST",
        headers,
        redirect: "manual",
        signal: AbortSignal.any([this.#work.signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]),
      });
      status = answer.status;
      await answer.body?.cancel();
    } catch {
      // Nobody answered: a failed message, which the push guide does not promise to repeat.
      return;
    }
    const { notificationRetries, notificationRetryBaseMs } = this.#faults.behaviours;
    if (!RETRIED_STATUSES.has(status) || attempt >= notificationRetries) return;
    await this.#work.wait(notificationRetryBaseMs * 2 ** attempt);
    const stillLive = this.#store.channels.has(channelKey(channel.projectId, channel.id));
    if (stillLive || state === "sync") await this.#deliver(channel, state, number, attempt + 1);
  }
}

function concerns(channel: Channel, change: StoreChange): boolean {
  if (channel.resource !== change.resource) return false;
  if (channel.calendarId !== undefined) {
    if (channel.calendarId !== change.calendarId) return false;
    return channel.eventTypes.length === 0 || channel.eventTypes.some((type) => change.eventTypes.has(type));
  }
  return channel.email === change.email;
}
