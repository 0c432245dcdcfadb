import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { GraphContext } from "../context.ts";
import { accessDenied, badRequest, GraphApiError, resourceNotFound } from "../errors.ts";
import { NEEDED_SCOPES } from "../scopes.ts";
import type { GraphActor, GraphSubscription } from "../types.ts";
import { bodyOf, type GraphCall, type GraphMethod, ok, pathParam } from "./GraphMethod.ts";

const MINUTE_MS = 60_000;
/** Documented for Outlook's events: under seven days. */
const LONGEST_MINUTES = 10_080;
const SHORTEST_MINUTES = 45;
const MAX_PER_MAILBOX = 1000;
/** Renewing and reauthorizing closer together than this can break a subscription. */
const APART_MS = 10 * MINUTE_MS;
const CHANGE_TYPES = ["created", "updated", "deleted"];

/** Subscriptions to change notifications. */
export const subscriptionMethods: readonly GraphMethod[] = [
  {
    id: "graph.subscriptions.create",
    verb: "POST",
    global: true,
    paths: ["subscriptions"],
    scopes: NEEDED_SCOPES.subscribe,
    handle: async (context, call) => {
      const subscription = readSubscription(context, call);
      assertFree(context, subscription);
      await assertEchoed(context, subscription.notificationUrl);
      if (subscription.lifecycleNotificationUrl !== null) {
        await assertEchoed(context, subscription.lifecycleNotificationUrl);
      }
      context.store.subscriptions.set(subscription.id, subscription);
      return { status: 201, body: view(subscription) };
    },
  },
  {
    id: "graph.subscriptions.list",
    verb: "GET",
    global: true,
    paths: ["subscriptions"],
    scopes: [],
    handle: (context, call) => {
      context.delivery.tick();
      const all = [...context.store.subscriptions.values()].filter((one) => isOwn(call.actor, one));
      return ok({ value: all.map(view) });
    },
  },
  {
    id: "graph.subscriptions.get",
    verb: "GET",
    global: true,
    paths: ["subscriptions/{subscriptionId}"],
    scopes: [],
    handle: (context, call) => ok(view(subscriptionOf(context, call))),
  },
  {
    id: "graph.subscriptions.update",
    verb: "PATCH",
    global: true,
    paths: ["subscriptions/{subscriptionId}"],
    scopes: NEEDED_SCOPES.subscribe,
    handle: (context, call) => {
      const subscription = subscriptionOf(context, call);
      const changed = Object.keys(bodyOf(call)).filter((name) => name !== "expirationDateTime");
      const fixed = changed.find((name) => name !== "notificationUrl");
      if (fixed) throw badRequest("InvalidRequest", `The property '${fixed}' can only be set at creation.`);
      subscription.expiresMs = readExpiry(context, bodyOf(call).expirationDateTime);
      const now = context.store.clock.nowMs();
      authorize(context, subscription, subscription.reauthorizedAtMs);
      subscription.renewedAtMs = now;
      return ok(view(subscription));
    },
  },
  {
    id: "graph.subscriptions.reauthorize",
    verb: "POST",
    global: true,
    paths: ["subscriptions/{subscriptionId}/reauthorize"],
    scopes: NEEDED_SCOPES.subscribe,
    handle: (context, call) => {
      const subscription = subscriptionOf(context, call);
      authorize(context, subscription, subscription.renewedAtMs);
      subscription.reauthorizedAtMs = context.store.clock.nowMs();
      return { status: 204 };
    },
  },
  {
    id: "graph.subscriptions.delete",
    verb: "DELETE",
    global: true,
    paths: ["subscriptions/{subscriptionId}"],
    scopes: [],
    handle: (context, call) => {
      context.store.subscriptions.delete(subscriptionOf(context, call).id);
      return { status: 204 };
    },
  },
];

const text = z.string().nullish();
const input = z.object({
  changeType: z.string(),
  resource: z.string(),
  notificationUrl: z.string(),
  lifecycleNotificationUrl: text,
  expirationDateTime: z.unknown(),
  clientState: text,
  includeResourceData: z.boolean().nullish(),
});

function readSubscription(context: GraphContext, call: GraphCall): GraphSubscription {
  const { actor, reader } = call;
  const result = input.safeParse(bodyOf(call));
  if (!result.success) {
    const issue = result.error.issues[0];
    throw badRequest("InvalidRequest", `The property '${issue?.path.join(".")}' is missing or unusable.`);
  }
  const given = result.data;
  const changeTypes = given.changeType.split(",").map((type) => type.trim().toLowerCase());
  if (changeTypes.length === 0 || changeTypes.some((type) => !CHANGE_TYPES.includes(type))) {
    throw badRequest("InvalidRequest", "changeType is a list of 'created', 'updated' and 'deleted'.");
  }
  if (given.clientState && given.clientState.length > 128) {
    throw badRequest("InvalidRequest", "The clientState is longer than 128 characters.");
  }
  if (given.includeResourceData) {
    throw badRequest("InvalidRequest", "The sandbox sends no resource data with its notifications.");
  }
  assertAddress(context, given.notificationUrl);
  if (given.lifecycleNotificationUrl) assertAddress(context, given.lifecycleNotificationUrl);
  const { email, calendarId } = readResource(context, actor, given.resource);
  const { authorizationLifetimeMs } = context.faults.behaviours;
  const now = context.store.clock.nowMs();
  return {
    id: randomUUID(),
    resource: given.resource,
    email,
    calendarId,
    changeTypes,
    notificationUrl: given.notificationUrl,
    lifecycleNotificationUrl: given.lifecycleNotificationUrl ?? null,
    clientState: given.clientState ?? null,
    expiresMs: readExpiry(context, given.expirationDateTime),
    immutableIds: reader.immutableIds,
    clientId: actor.clientId,
    creator: actor.email,
    tenantId: actor.tenantId,
    authorizedUntilMs: authorizationLifetimeMs === null ? null : now + authorizationLifetimeMs,
    askedForMs: null,
    reauthorizedAtMs: null,
    renewedAtMs: null,
    broken: false,
  };
}

/** Mailbox and calendar that a resource names. @throws GraphApiError 400, 403 */
function readResource(
  context: GraphContext,
  actor: GraphActor,
  resource: string,
): { email: string; calendarId: string | null } {
  const match =
    /^\/?(?:me|users\/([^/]+))\/(?:(?:calendar\/)?events|calendars\/([^/]+)\/events)(\/[^/]+)?$/i.exec(
      resource,
    );
  if (!match) throw badRequest("InvalidRequest", `The resource '${resource}' is not supported.`);
  const [, user, calendarId, event] = match;
  if (event)
    throw badRequest("InvalidRequest", `Subscribing to the single event '${resource}' is not supported.`);
  if (!user && actor.email === null) {
    throw badRequest("BadRequest", "/me request is only valid with delegated authentication flow.");
  }
  const account = context.store.account(user ? decodeURIComponent(user) : (actor.email as string));
  // Delegated tokens reach the signed-in user's own mailbox only, whatever is shared.
  if (!account || account.tenantId !== actor.tenantId) throw accessDenied();
  if (actor.email !== null && account.email !== actor.email) throw accessDenied();
  const id = calendarId ? decodeURIComponent(calendarId) : null;
  if (id !== null && context.store.calendars.get(id)?.email !== account.email) {
    throw new GraphApiError(404, "ErrorItemNotFound", "The specified object was not found in the store.");
  }
  return { email: account.email, calendarId: id };
}

function assertAddress(context: GraphContext, address: string): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  const local = url?.protocol === "http:" && ["localhost", "127.0.0.1"].includes(url.hostname);
  if (url?.protocol === "https:" || (local && context.allowHttpCallbacks)) return;
  throw badRequest("InvalidRequest", `The notification URL '${address}' must be an https address.`);
}

function readExpiry(context: GraphContext, value: unknown): number {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw badRequest("InvalidRequest", "expirationDateTime must be a time in UTC.");
  const now = context.store.clock.nowMs();
  if (ms - now > LONGEST_MINUTES * MINUTE_MS) {
    throw badRequest(
      "ErrorInvalidParameter",
      `Subscription expiration can only be ${LONGEST_MINUTES} minutes in the future.`,
    );
  }
  return Math.max(ms, now + SHORTEST_MINUTES * MINUTE_MS);
}

function assertFree(context: GraphContext, wanted: GraphSubscription): void {
  context.delivery.tick();
  const ofMailbox = [...context.store.subscriptions.values()].filter(({ email }) => email === wanted.email);
  if (ofMailbox.length >= MAX_PER_MAILBOX) {
    throw new GraphApiError(
      403,
      "AccessDenied",
      `The mailbox has ${MAX_PER_MAILBOX} active subscriptions; no more can be created.`,
    );
  }
  if (context.faults.behaviours.duplicateSubscription === "accepted") return;
  const same = ofMailbox.find(
    (one) =>
      one.clientId === wanted.clientId &&
      one.resource === wanted.resource &&
      one.changeTypes.join() === wanted.changeTypes.join(),
  );
  if (same) {
    throw new GraphApiError(
      409,
      "ExtensionError",
      `Subscription Id ${same.id} already exists for the requested combination.`,
    );
  }
}

async function assertEchoed(context: GraphContext, url: string): Promise<void> {
  if (await context.delivery.validate(url)) return;
  throw badRequest(
    "ValidationError",
    "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
  );
}

/** Renewing and reauthorizing both end a pending reauthorization. @param otherAtMs when the other of the two was done last */
function authorize(context: GraphContext, subscription: GraphSubscription, otherAtMs: number | null): void {
  const now = context.store.clock.nowMs();
  const { authorizationLifetimeMs, reauthorizeAndRenew } = context.faults.behaviours;
  subscription.authorizedUntilMs = authorizationLifetimeMs === null ? null : now + authorizationLifetimeMs;
  const tooClose = otherAtMs !== null && now - otherAtMs < APART_MS;
  if (tooClose && reauthorizeAndRenew === "breaks") subscription.broken = true;
}

function subscriptionOf(context: GraphContext, call: GraphCall): GraphSubscription {
  context.delivery.tick();
  const found = context.store.subscriptions.get(pathParam(call, "subscriptionId"));
  if (!found || !isOwn(call.actor, found)) throw resourceNotFound();
  return found;
}

/** An app sees its own subscriptions, with a user's token those of the user. */
function isOwn(actor: GraphActor, { clientId, creator, tenantId }: GraphSubscription): boolean {
  return clientId === actor.clientId && tenantId === actor.tenantId && creator === actor.email;
}

function view(subscription: GraphSubscription): object {
  const { id, resource, changeTypes, clientState, notificationUrl, lifecycleNotificationUrl } = subscription;
  return {
    id,
    resource,
    applicationId: subscription.clientId,
    changeType: changeTypes.join(","),
    clientState,
    notificationUrl,
    lifecycleNotificationUrl,
    expirationDateTime: new Date(subscription.expiresMs).toISOString(),
    creatorId: subscription.creator,
    latestSupportedTlsVersion: "v1_2",
    includeResourceData: null,
  };
}
