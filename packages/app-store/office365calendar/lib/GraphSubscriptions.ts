import { CalendarError, isCalendarError } from "@calsync/lib";
import type { Channel, ChannelRequest } from "@calsync/types";
import type { Subscription } from "@microsoft/microsoft-graph-types";
import { metadata } from "../metadata.ts";
import { calendarPath } from "./GraphEvents.ts";
import type { GraphRequests } from "./GraphRequests.ts";

/** Graph's limit on a subscription's secret. */
const MAX_SECRET_LENGTH = 128;

/** Makes, renews and ends the subscriptions through which Graph tells that a calendar has changed (subscription reference). */
export class GraphSubscriptions {
  readonly #requests: GraphRequests;
  readonly #now: () => Date;

  constructor(requests: GraphRequests, now: () => Date) {
    this.#requests = requests;
    this.#now = now;
  }

  /**
   * Subscribes to a calendar. What the answer of an earlier call with the same id has lost is removed first: it is known by the
   * address that it was made with. Where Graph allows one subscription for a calendar alone, the one before makes way; what
   * changes in the moment between is found by the pull that follows on every new channel.
   */
  async open(calendarId: string, request: ChannelRequest): Promise<Channel> {
    if (request.secret.length > MAX_SECRET_LENGTH) {
      throw new CalendarError("INVALID_REQUEST", `a secret has at most ${MAX_SECRET_LENGTH} characters`);
    }
    const resource = `${await this.#requests.mailbox()}${calendarPath(calendarId)}/events`;
    const address = addressOf(request);
    const held = await this.#list();
    for (const stray of held.filter(({ notificationUrl }) => notificationUrl === address))
      await this.#end(stray);
    try {
      return toChannel(await this.#subscribe(resource, address, request), calendarId);
    } catch (error) {
      if (!isCalendarError(error) || error.status !== 409) throw await this.#explained(error, calendarId);
    }
    const base = addressBase(request.address);
    for (const one of await this.#list()) {
      // Another installation's subscription, with an address of its own, is none of our business.
      if (isSameResource(one.resource, resource) && one.notificationUrl?.startsWith(base))
        await this.#end(one);
    }
    return toChannel(await this.#subscribe(resource, address, request), calendarId);
  }

  /**
   * Moves a subscription's end. The same call authorizes it again; `reauthorize` would only do the second, and the two do not
   * go together within ten minutes (lifecycle guide). @returns null when Graph does not know it any more
   */
  async renew(channel: Channel, lifetimeMs: number | null): Promise<Channel | null> {
    const id = channel.providerSubscriptionId;
    try {
      const renewed = await this.#requests.send<Subscription>({
        name: "renew subscription",
        subject: "subscription",
        method: "PATCH",
        path: `/subscriptions/${encodeURIComponent(id)}`,
        fromRoot: true,
        body: { expirationDateTime: this.#expiry(lifetimeMs) },
      });
      return toChannel({ ...renewed, id }, channel.calendarId);
    } catch (error) {
      if (isCalendarError(error) && error.status === 404) return null;
      throw error;
    }
  }

  async close({ providerSubscriptionId: id }: Channel): Promise<void> {
    await this.#end({ id });
  }

  async #subscribe(resource: string, address: string, request: ChannelRequest): Promise<Subscription> {
    const body: Subscription = {
      changeType: "created,updated,deleted",
      resource,
      notificationUrl: address,
      // It can only be set now, and without it Graph says nothing about the end of a subscription.
      lifecycleNotificationUrl: address,
      expirationDateTime: this.#expiry(request.lifetimeMs),
      clientState: request.secret,
    };
    return this.#requests.send<Subscription>({
      name: "create subscription",
      subject: "subscription",
      method: "POST",
      path: "/subscriptions",
      fromRoot: true,
      body,
    });
  }

  #expiry(lifetimeMs: number | null): string {
    const longest = metadata.capabilities.maxSubscriptionMs ?? Number.POSITIVE_INFINITY;
    return new Date(this.#now().getTime() + Math.min(lifetimeMs ?? longest, longest)).toISOString();
  }

  /** The subscriptions that this app has with this account. */
  async #list(): Promise<Subscription[]> {
    const found: Subscription[] = [];
    for (let path: string | undefined = "/subscriptions"; path !== undefined; ) {
      const page: { value?: Subscription[]; "@odata.nextLink"?: string } = await this.#requests.send({
        name: "list subscriptions",
        subject: "account",
        method: "GET",
        path,
        fromRoot: true,
      });
      found.push(...(page.value ?? []));
      path = page["@odata.nextLink"];
      if (path !== undefined && !this.#requests.isOwn(path)) break;
    }
    return found;
  }

  /** Ends a subscription; one that is unknown or over is success. */
  async #end({ id }: Subscription): Promise<void> {
    if (!id) return;
    try {
      await this.#requests.send({
        name: "delete subscription",
        subject: "subscription",
        method: "DELETE",
        path: `/subscriptions/${encodeURIComponent(id)}`,
        fromRoot: true,
      });
    } catch (error) {
      if (!isCalendarError(error) || error.status !== 404) throw error;
    }
  }

  /** A calendar that is gone is refused in the same words as one that cannot be watched: the calendar itself tells which it is. */
  async #explained(error: unknown, calendarId: string): Promise<unknown> {
    if (!isCalendarError(error) || (error.status !== 403 && error.status !== 404 && error.status !== 400))
      return error;
    try {
      await this.#requests.send({
        name: "read calendar",
        subject: "calendar",
        method: "GET",
        path: calendarPath(calendarId),
        query: { $select: "id" },
      });
    } catch (found) {
      if (isCalendarError(found, "CALENDAR_NOT_FOUND")) return found;
    }
    return error;
  }
}

function toChannel({ id, expirationDateTime }: Subscription, calendarId: string): Channel {
  if (!id) throw new CalendarError("CALENDAR_API_ERROR", "Outlook Calendar: the new subscription has no id");
  const expiresAtMs = Date.parse(expirationDateTime ?? "");
  return {
    providerSubscriptionId: id,
    providerResourceId: null,
    calendarId,
    expiresAt: Number.isNaN(expiresAtMs) ? null : new Date(expiresAtMs),
  };
}

/** Graph keeps the query of an address, so that it can carry the id that a subscription is known by to us. */
function addressOf({ address, id }: ChannelRequest): string {
  const url = new URL(address);
  url.searchParams.set("channel", id);
  return url.href;
}

const addressBase = (address: string): string => {
  const url = new URL(address);
  return `${url.origin}${url.pathname}`;
};

/** Graph spells a resource in its own letters. */
function isSameResource(held: string | undefined, asked: string): boolean {
  const plain = (text: string) => decodeURIComponent(text).replace(/^\//, "").toLowerCase();
  return held !== undefined && plain(held) === plain(asked);
}
