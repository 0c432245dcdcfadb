import { createHash } from "node:crypto";
import type { GoogleContext } from "../context.ts";
import { calendarForbidden, forbidden, GoogleApiError, invalid, required } from "../errors.ts";
import { calendarFor } from "../events/lookup.ts";
import { channelKey } from "../GoogleStore.ts";
import { SCOPES } from "../scopes.ts";
import type { Channel } from "../types.ts";
import { type ApiAnswer, type ApiCall, type ApiMethod, ok } from "./ApiMethod.ts";

/** Documented: `params.ttl` in seconds, seven days when nothing is said. */
const DEFAULT_LIFETIME_MS = 604_800_000;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The four `watch` methods and `channels.stop`. */
export const channelMethods: readonly ApiMethod[] = [
  watchMethod("calendar.events.watch", "calendars/{calendarId}/events/watch", SCOPES.eventsRead, "events"),
  watchMethod("calendar.acl.watch", "calendars/{calendarId}/acl/watch", SCOPES.aclRead, "acl"),
  watchMethod(
    "calendar.calendarList.watch",
    "users/me/calendarList/watch",
    SCOPES.calendarListRead,
    "calendarList",
  ),
  watchMethod("calendar.settings.watch", "users/me/settings/watch", SCOPES.settingsRead, "settings"),
  {
    id: "calendar.channels.stop",
    verb: "POST",
    path: "channels/stop",
    scopes: SCOPES.channelsStop,
    handle: stopChannel,
  },
];

function watchMethod(
  id: string,
  path: string,
  scopes: readonly string[],
  resource: Channel["resource"],
): ApiMethod {
  return { id, verb: "POST", path, scopes, handle: (context, call) => watch(context, call, resource) };
}

async function watch(
  context: GoogleContext,
  call: ApiCall,
  resource: Channel["resource"],
): Promise<ApiAnswer> {
  const { actor, query } = call;
  const account = context.store.accounts.get(actor.email);
  if (!account)
    throw calendarForbidden("notACalendarUser", "The user must be signed up for Google Calendar.");
  const calendarId = call.params.calendarId;
  const calendar = calendarId === undefined ? undefined : calendarFor(context, actor, calendarId);
  if (calendar?.generated) {
    throw new GoogleApiError(
      400,
      "calendar",
      "pushNotSupportedForRequestedResource",
      "Push notifications are not supported by this resource.",
    );
  }
  const request = readChannel(context, call.body);
  const key = channelKey(actor.projectId, request.id);
  if (context.store.usedChannelIds.has(key)) {
    throw new GoogleApiError(400, "global", "channelIdNotUnique", `Channel id ${request.id} not unique`);
  }
  const path = calendar
    ? `calendars/${encodeURIComponent(calendar.id)}/${resource}`
    : `users/me/${resource === "settings" ? "settings" : "calendarList"}`;
  const watched = calendar ? `${resource} ${calendar.id}` : `${resource} ${actor.email}`;
  const channel: Channel = {
    ...request,
    resource,
    resourceId: createHash("sha256").update(watched).digest("base64url").slice(0, 27),
    resourceUri: `${context.url()}/calendar/v3/${path}?alt=json`,
    email: actor.email,
    clientId: actor.clientId,
    projectId: actor.projectId,
    eventTypes: query.getAll("eventTypes"),
    messageNumber: 0,
    ...(calendar ? { calendarId: calendar.id } : {}),
  };
  context.store.usedChannelIds.add(key);
  context.store.channels.set(key, channel);
  const first = context.delivery.sendSync(channel);
  if (context.faults.behaviours.syncMessageFirst) await first;
  return ok({
    kind: "api#channel",
    id: channel.id,
    resourceId: channel.resourceId,
    resourceUri: channel.resourceUri,
    ...(channel.token === undefined ? {} : { token: channel.token }),
    // An int64, which Google's JSON renders as a string.
    expiration: String(channel.expirationMs),
  });
}

function readChannel(
  context: GoogleContext,
  raw: unknown,
): Pick<Channel, "id" | "address" | "token" | "expirationMs"> {
  const body = (typeof raw === "object" && raw !== null ? raw : {}) as Record<string, unknown>;
  const { id, type, address, token, expiration, params } = body;
  if (typeof id !== "string" || id === "") throw required("Required parameter: id", "id");
  if (id.length > 64 || !/^[A-Za-z0-9\-_+/=]+$/.test(id)) throw invalid("Invalid value for: id", "id");
  if (type !== "web_hook" && type !== "webhook") {
    throw new GoogleApiError(
      400,
      "global",
      "push.channelTypeNotSupported",
      `Unsupported channel type: ${String(type)}`,
    );
  }
  if (typeof address !== "string" || address === "") throw required("Required parameter: address", "address");
  assertAddress(context, address);
  if (token !== undefined && token !== null && (typeof token !== "string" || token.length > 256)) {
    throw invalid("Invalid value for: token", "token");
  }
  const now = context.store.clock.nowMs();
  // The more restrictive of the wish and the internal limit wins.
  const limitMs = now + context.faults.behaviours.maxChannelLifetimeMs;
  const ttl = (params as Record<string, unknown> | undefined)?.ttl;
  const wishedMs = expiration != null ? Number(expiration) : ttl != null ? now + Number(ttl) * 1000 : null;
  if (wishedMs !== null && (!Number.isFinite(wishedMs) || wishedMs <= now)) {
    throw invalid("Invalid value for: expiration", "expiration");
  }
  return {
    id,
    address,
    expirationMs: Math.min(wishedMs ?? now + DEFAULT_LIFETIME_MS, limitMs),
    ...(typeof token === "string" ? { token } : {}),
  };
}

function assertAddress(context: GoogleContext, address: string): void {
  if (!URL.canParse(address)) throw invalid("Invalid value for: address", "address");
  const url = new URL(address);
  if (url.protocol === "https:") return;
  // Our own switch: the real API never takes plain HTTP.
  if (context.allowHttpCallbacks && url.protocol === "http:" && LOOPBACK.has(url.hostname)) return;
  throw new GoogleApiError(
    400,
    "global",
    "push.webhookUrlNotHttps",
    `WebHook callback must be HTTPS: ${address}`,
  );
}

function stopChannel(context: GoogleContext, call: ApiCall): ApiAnswer {
  const { id, resourceId } = (call.body ?? {}) as Partial<Channel>;
  if (!id) throw required("Required parameter: id", "id");
  if (!resourceId) throw required("Required parameter: resourceId", "resourceId");
  const { actor, store } = { actor: call.actor, store: context.store };
  const key = channelKey(actor.projectId, id);
  const channel = store.channels.get(key);
  const live = channel && channel.resourceId === resourceId && channel.expirationMs > store.clock.nowMs();
  if (!live) {
    throw new GoogleApiError(
      404,
      "global",
      "notFound",
      `Channel '${id}' not found for project '${actor.projectId}'`,
    );
  }
  const byServiceAccount = store.accounts.get(channel.email)?.serviceAccount === true;
  const sameUser = byServiceAccount || channel.email === actor.email;
  if (!sameUser || channel.clientId !== actor.clientId) {
    throw forbidden("The channel was created by another user or client.");
  }
  store.channels.delete(key);
  return { status: 204 };
}
