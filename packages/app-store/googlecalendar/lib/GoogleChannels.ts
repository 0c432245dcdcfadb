import { randomUUID } from "node:crypto";
import { CalendarError, isCalendarError } from "@calsync/lib";
import type { Channel, ChannelRequest } from "@calsync/types";
import type { calendar_v3 } from "googleapis/build/src/apis/calendar/index.js";
import { metadata } from "../metadata.ts";
import type { GoogleRequests } from "./GoogleRequests.ts";

/** Google's limit on a channel's id (push guide). */
const MAX_ID_LENGTH = 64;

/** Opens and closes the channels through which Google tells that a calendar has changed (push guide). */
export class GoogleChannels {
  readonly #api: calendar_v3.Calendar;
  readonly #requests: GoogleRequests;

  constructor(api: calendar_v3.Calendar, requests: GoogleRequests) {
    this.#api = api;
    this.#requests = requests;
  }

  /**
   * Opens a channel. An id can be used once for ever: when an earlier call with it has opened a channel and its answer
   * was lost, a channel with a new id takes its place and the lost one is stopped.
   */
  async open(calendarId: string, request: ChannelRequest): Promise<Channel> {
    if (request.id.length > MAX_ID_LENGTH) {
      throw new CalendarError("INVALID_REQUEST", `a channel's id has at most ${MAX_ID_LENGTH} characters`);
    }
    try {
      return await this.#watch(calendarId, request, request.id);
    } catch (error) {
      if (!isCalendarError(error) || error.providerReason !== "channelIdNotUnique") throw error;
    }
    const suffix = `-${randomUUID().slice(0, 8)}`;
    const channel = await this.#watch(
      calendarId,
      request,
      request.id.slice(0, MAX_ID_LENGTH - suffix.length) + suffix,
    );
    // All channels of one calendar share its resource id, so that the lost one can be stopped without its answer. When
    // that fails it falls silent at its end; until then its notifications are refused as unknown.
    await this.close({ ...channel, providerSubscriptionId: request.id }).catch(() => undefined);
    return channel;
  }

  async close(channel: Channel): Promise<void> {
    if (!channel.providerResourceId) {
      throw new CalendarError(
        "INVALID_REQUEST",
        "a Google channel cannot be stopped without its resource id",
      );
    }
    const requestBody: calendar_v3.Schema$Channel = {
      id: channel.providerSubscriptionId,
      resourceId: channel.providerResourceId,
    };
    try {
      await this.#requests.send({
        name: "channels.stop",
        subject: "channel",
        send: (options) => this.#api.channels.stop({ requestBody }, options),
      });
    } catch (error) {
      if (isCalendarError(error) && error.status === 404) return;
      throw error;
    }
  }

  async #watch(calendarId: string, request: ChannelRequest, id: string): Promise<Channel> {
    const longest = metadata.capabilities.maxSubscriptionMs ?? Number.POSITIVE_INFINITY;
    const lifetimeMs = Math.min(request.lifetimeMs ?? longest, longest);
    const requestBody: calendar_v3.Schema$Channel = {
      id,
      type: "web_hook",
      address: request.address,
      token: request.secret,
      params: { ttl: String(Math.max(1, Math.floor(lifetimeMs / 1_000))) },
    };
    const answer = await this.#requests.send({
      name: "events.watch",
      subject: "calendar",
      send: (options) => this.#api.events.watch({ calendarId, requestBody }, options),
    });
    if (!answer.resourceId) {
      throw new CalendarError("CALENDAR_API_ERROR", "Google Calendar: the new channel has no resource id");
    }
    // An int64: Google writes it as text, others as a number.
    const expiresAtMs = Number(answer.expiration ?? Number.NaN);
    return {
      providerSubscriptionId: answer.id ?? id,
      providerResourceId: answer.resourceId,
      calendarId,
      expiresAt: Number.isNaN(expiresAtMs) ? null : new Date(expiresAtMs),
    };
  }
}
