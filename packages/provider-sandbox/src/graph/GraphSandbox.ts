import { type CallStats, createStats } from "../CallStats.ts";
import { type IssuedTokens, issuedTokens } from "../oauth/issued-tokens.ts";
import { answerBatch, BATCH_PATH } from "./api/batch.ts";
import { calendarMethods, removeCalendar, renameCalendar } from "./api/calendars.ts";
import { deltaMethods } from "./api/delta.ts";
import { DeltaRounds } from "./api/delta-rounds.ts";
import { eventListMethods } from "./api/event-lists.ts";
import { eventMethods, viewFound } from "./api/events.ts";
import { GraphDispatcher, type RawAnswer, type RawCall } from "./api/GraphDispatcher.ts";
import { scheduleMethods } from "./api/schedule.ts";
import { subscriptionMethods } from "./api/subscriptions.ts";
import { DEFAULT_GRAPH_APP, type GraphAppInput } from "./apps.ts";
import type { GraphContext } from "./context.ts";
import { answerInvitation, recordAnswer } from "./events/guests.ts";
import { type FoundEvent, getEvent } from "./events/lookup.ts";
import { PLAIN_READER, type Reader, viewEvent } from "./events/view.ts";
import { createEvent, deleteEvent, moveEvent, updateEvent } from "./events/write.ts";
import { type GraphBehaviours, GraphFaults } from "./faults.ts";
import type { GraphCalendar, GraphStore } from "./GraphStore.ts";
import type { RegisteredApp } from "./oauth/IdentityState.ts";
import { type LifecycleEvent, SubscriptionDelivery } from "./SubscriptionDelivery.ts";
import { APPLICATION_ROLES, GRAPH_SCOPES } from "./scopes.ts";
import { Throttle } from "./Throttle.ts";
import type { GraphAccount, GraphEvent, GraphSubscription, MeetingMail } from "./types.ts";

/** App of the sandbox's own page. */
const PAGE_CLIENT_ID = "5a0db0c1-0000-4000-8000-00000000c002";
const ALL_SCOPES = ["openid", "profile", "email", "offline_access", ...Object.keys(GRAPH_SCOPES)];
const PAGE_TOKEN_SECONDS = 86_400;

/** The simulated Microsoft: Graph at {@link url} and the identity platform at {@link loginUrl}; its world changes through the methods. */
export class GraphSandbox {
  /** Faults that strike calls and notifications, and lasting behaviours. */
  readonly faults: GraphFaults;
  /** API calls by method name, e.g. `graph.calendarView.delta`. */
  readonly stats: CallStats;
  /** For the sandbox's own routes. */
  readonly context: GraphContext;
  /** PEM of the authority that clients are to trust; empty while Graph is not served. */
  ca = "";
  readonly #store: GraphStore;
  readonly #throttle: Throttle;
  readonly #delivery: SubscriptionDelivery;
  readonly #dispatcher: GraphDispatcher;

  /** @param options `graphUrl` and `loginUrl` give the addresses once the servers listen */
  constructor(
    store: GraphStore,
    options: {
      graphUrl: () => string;
      loginUrl: () => string;
      allowHttpCallbacks: boolean;
      behaviours?: Partial<GraphBehaviours>;
    },
  ) {
    this.#store = store;
    this.stats = createStats();
    this.faults = new GraphFaults(store.random, options.behaviours);
    this.#delivery = new SubscriptionDelivery(store, this.faults);
    this.#throttle = new Throttle(store.clock, () => this.faults.behaviours);
    this.context = {
      store,
      faults: this.faults,
      throttle: this.#throttle,
      delivery: this.#delivery,
      rounds: new DeltaRounds(),
      stats: this.stats,
      allowHttpCallbacks: options.allowHttpCallbacks,
      graphUrl: options.graphUrl,
      loginUrl: options.loginUrl,
    };
    this.#dispatcher = new GraphDispatcher(this.context, [
      ...calendarMethods,
      ...eventMethods,
      ...eventListMethods,
      ...deltaMethods,
      ...subscriptionMethods,
      ...scheduleMethods,
    ]);
    this.addApp({ ...DEFAULT_GRAPH_APP, redirectUris: [] });
  }

  /** Root of Graph, `https://localhost:<port>`; the API is at `/v1.0`. Empty while Graph is not served. */
  get url(): string {
    return this.context.graphUrl();
  }

  /** Root of the identity platform; `/{tenant}/oauth2/v2.0/authorize` and `…/token` are below it. */
  get loginUrl(): string {
    return this.context.loginUrl();
  }

  /** Invitations, updates, cancellations and answers that Exchange sent by mail, oldest first. */
  get mail(): readonly MeetingMail[] {
    return this.#store.mail;
  }

  /** Answers one call of the API, a batch too, as the server does. */
  answer(call: RawCall): Promise<RawAnswer> {
    if (call.verb !== "POST" || call.target !== BATCH_PATH) return this.#dispatcher.answer(call);
    this.stats.count("graph.batch");
    return this.#dispatcher.refusals(call, () =>
      answerBatch(call, (item) => this.#dispatcher.answer(item), this.#store.random),
    );
  }

  /**
   * Adds a user with a mailbox and a default calendar. Addresses at outlook, hotmail or live are personal accounts unless told
   * otherwise; work accounts of one domain share a tenant.
   * @param input `timeZone`: IANA or Windows name
   * @throws Error when the e-mail is unusable or taken
   */
  createAccount(input: {
    email: string;
    name?: string;
    timeZone?: string;
    personal?: boolean;
  }): GraphAccount {
    return this.#store.addAccount(input);
  }

  /** All accounts, oldest first. */
  accounts(): GraphAccount[] {
    return [...this.#store.accounts.values()];
  }

  /** Calendars of an account, the default one first. */
  calendars(email: string): { id: string; name: string; isDefault: boolean; canEdit: boolean }[] {
    return this.#store
      .calendarsOf(this.#account(email).email)
      .map(({ id, name, isDefault, canEdit }) => ({ id, name, isDefault, canEdit }));
  }

  /** Adds a calendar to a mailbox; with `canEdit: false` one that can only be read, as birthdays are. Returns its id. */
  createCalendar(input: { email: string; name: string; canEdit?: boolean }): string {
    return this.#store.addCalendar({ ...input, email: this.#account(input.email).email }).id;
  }

  /** Gives a calendar another name. */
  renameCalendar(calendarId: string, name: string): void {
    renameCalendar(this.context, this.#calendar(null, calendarId), name);
  }

  /** Deletes a calendar with its events. */
  deleteCalendar(calendarId: string): void {
    removeCalendar(this.context, this.#calendar(null, calendarId));
  }

  /** Registers an app, or replaces the one with this id. */
  addApp(input: GraphAppInput): void {
    this.#store.identity.apps.set(input.clientId, { spaRedirectUris: [], ...input, status: "active" });
  }

  /** Lets an app's secret expire, deletes the registration, or makes it work again. @throws Error for an unknown app */
  setAppStatus(clientId: string, status: RegisteredApp["status"]): void {
    this.#app(clientId).status = status;
  }

  /** The administrator of an account's tenant allows an app: these scopes and roles, all of them unless given; null takes it back. */
  consentForTenant(
    email: string,
    clientId: string = DEFAULT_GRAPH_APP.clientId,
    scopes: readonly string[] | null = [...Object.keys(GRAPH_SCOPES), ...APPLICATION_ROLES],
  ): void {
    this.#store.identity.allowForTenant(this.#account(email).tenantId, this.#app(clientId).clientId, scopes);
  }

  /** A token pair without the consent page. @param input `scopes` are all unless given */
  issueToken(input: { email: string; clientId?: string; scopes?: string[] }): IssuedTokens {
    const { email, tenantId } = this.#account(input.email);
    const app = this.#app(input.clientId ?? DEFAULT_GRAPH_APP.clientId);
    const { clientId } = app;
    const scopes = input.scopes ?? ALL_SCOPES;
    const { identity } = this.#store;
    identity.allow(email, clientId, scopes);
    const owner = { email, clientId, scopes, claims: null };
    const access = identity.issueAccessToken({ ...owner, tenantId, page: false }, 3600);
    const refresh = identity.issueRefreshToken({ ...owner, spa: false });
    return issuedTokens(access, refresh, scopes, app);
  }

  /** An access token of the sandbox's own page: all scopes, no limits, no faults. */
  issuePageToken(email: string): { accessToken: string; expiresInSeconds: number } {
    const account = this.#account(email);
    const issued = this.#store.identity.issueAccessToken(
      {
        email: account.email,
        tenantId: account.tenantId,
        clientId: PAGE_CLIENT_ID,
        scopes: ALL_SCOPES,
        claims: null,
        page: true,
      },
      PAGE_TOKEN_SECONDS,
    );
    return { accessToken: issued.token, expiresInSeconds: PAGE_TOKEN_SECONDS };
  }

  /** The user takes an app's access away on the account's page. */
  revokeAccess(email: string, clientId: string = DEFAULT_GRAPH_APP.clientId): void {
    this.#store.identity.revoke(this.#account(email).email, 65001, this.#app(clientId).clientId);
  }

  /** "Revoke sessions", or a password reset in the Entra admin center: every token of every app ends (AADSTS50173). */
  revokeSessions(email: string): void {
    this.#store.identity.revoke(this.#account(email).email, 50173);
  }

  /**
   * The password changes by another way than the Entra admin center: the user's own change, self-service reset or the Azure
   * portal. Tokens of confidential clients live on, so nothing ends.
   */
  changePassword(email: string): void {
    this.#account(email);
  }

  /** Access tokens of all accounts, or of one, end at once. Refresh tokens stay. */
  expireAccessTokens(email?: string): void {
    this.#store.identity.expireAccessTokens(email?.toLowerCase());
  }

  /** Lets time pass at once, for expiry of tokens, subscriptions, redeliveries and the rest. */
  advanceTime(durationMs: number): void {
    this.#store.clock.advance(durationMs);
  }

  /** The truth: single events, series and exceptions of a calendar, in order of creation. */
  events(email: string, calendarId = "primary", reader: Partial<Reader> = {}): GraphEvent[] {
    const calendar = this.#calendar(email, calendarId);
    const view = { ...PLAIN_READER, ...reader };
    return [...calendar.events.roots()].flatMap((event) =>
      [event, ...calendar.events.exceptionsOf(event.key)].map((one) =>
        viewEvent(this.context, calendar, one, view),
      ),
    );
  }

  /** One event or occurrence. @throws GraphApiError 404 */
  event(email: string, eventId: string, reader: Partial<Reader> = {}): GraphEvent {
    return viewFound(this.context, this.#found(email, eventId), { ...PLAIN_READER, ...reader });
  }

  /** What an app has left on an event under `String {GUID} Name X`; null without it. */
  extendedProperty(email: string, eventId: string, propertyId: string): string | null {
    const { extendedProperties } = this.#found(email, eventId).event;
    return extendedProperties.find(({ id }) => id === propertyId)?.value ?? null;
  }

  /** Creates an event as a person does in Outlook. @param calendarId `primary` for the default calendar */
  putEvent(email: string, calendarId: string, event: GraphEvent): GraphEvent {
    const account = this.#account(email);
    const calendar = this.#calendar(email, calendarId);
    const kept = createEvent(this.context, account, calendar, event);
    return viewEvent(this.context, calendar, kept, PLAIN_READER);
  }

  /** Edits an event, or one occurrence of a series, as a person does in Outlook. Either kind of id will do. */
  patchEvent(email: string, eventId: string, change: GraphEvent): GraphEvent {
    const found = this.#found(email, eventId);
    const kept = updateEvent(this.context, this.#account(email), found, change, undefined);
    return viewEvent(this.context, found.calendar, kept, PLAIN_READER);
  }

  /** Deletes an event, or one occurrence of a series, as a person does in Outlook. */
  deleteEvent(email: string, eventId: string): void {
    deleteEvent(this.context, this.#found(email, eventId), undefined);
  }

  /** Drags an event to another calendar of the mailbox. Its default id changes, its immutable id stays. */
  moveEvent(email: string, eventId: string, calendarId: string): GraphEvent {
    const { calendar, event } = this.#found(email, eventId);
    const destination = this.#calendar(email, calendarId);
    const kept = moveEvent(this.context, calendar, event, destination);
    return viewEvent(this.context, destination, kept, PLAIN_READER);
  }

  /** An invited user answers in Outlook; the organizer's event follows. */
  respond(email: string, eventId: string, response: "accepted" | "declined" | "tentativelyAccepted"): void {
    const { calendar, event } = this.#found(email, eventId);
    answerInvitation(this.context, calendar, event, response, true);
  }

  /** A guest without a mailbox here answers by mail: the organizer's event shows it. */
  receiveResponse(
    organizerEmail: string,
    eventId: string,
    guest: string,
    response: "accepted" | "declined" | "tentativelyAccepted" | "none",
  ): void {
    recordAnswer(this.context, this.#found(organizerEmail, eventId).event, guest, response);
  }

  /** All delta links of a calendar, or of every calendar, answer 410 `SyncStateNotFound` from now on. */
  expireDeltaTokens(calendarId?: string): void {
    const calendars = calendarId ? [this.#calendar(null, calendarId)] : this.#store.calendars.values();
    for (const calendar of calendars) calendar.deltaGenerations = [];
  }

  /** The mailbox moves to another server: delta links from before answer 410 with a `Location`. */
  moveMailbox(email: string): void {
    this.#account(email).moves += 1;
  }

  /** Live subscriptions to a mailbox. */
  subscriptions(email: string): readonly GraphSubscription[] {
    this.#delivery.tick();
    const { email: address } = this.#account(email);
    return [...this.#store.subscriptions.values()].filter((one) => one.email === address);
  }

  /**
   * Tells a subscription of its life: `subscriptionRemoved` ends it, `missed` says that notifications were lost (none is sent
   * again), `reauthorizationRequired` gives it a quarter of an hour to be authorized again.
   * @throws Error for an unknown subscription
   */
  sendLifecycle(subscriptionId: string, event: LifecycleEvent): void {
    const subscription = this.#store.subscriptions.get(subscriptionId);
    if (!subscription) throw new Error(`The sandbox has no subscription ${subscriptionId}.`);
    if (event === "subscriptionRemoved") this.#store.subscriptions.delete(subscriptionId);
    if (event === "reauthorizationRequired") {
      subscription.authorizedUntilMs =
        this.#store.clock.nowMs() + this.faults.behaviours.reauthorizationLeadMs;
      subscription.askedForMs = Math.min(subscription.authorizedUntilMs, subscription.expiresMs);
    }
    this.#delivery.tellLifecycle(subscription, event);
  }

  /** Resolves once every notification has been delivered, given up, or waits for a later time. */
  notificationsIdle(): Promise<void> {
    return this.#delivery.idle();
  }

  /** Forgets accounts, calendars, events, tokens, subscriptions, faults and counts; registered apps stay. */
  reset(): void {
    this.#store.clear();
    this.#throttle.clear();
    this.#delivery.clear();
    this.context.rounds.clear();
    this.faults.clear();
    this.stats.reset();
  }

  /** Ends notifications that are on their way. */
  close(): void {
    this.#delivery.close();
  }

  #found(email: string, eventId: string): FoundEvent {
    return getEvent(this.context, this.#account(email), eventId, null);
  }

  #account(email: string): GraphAccount {
    const account = this.#store.accounts.get(email.trim().toLowerCase());
    if (!account)
      throw new Error(`The sandbox has no Microsoft account ${email}; create it with createAccount().`);
    return account;
  }

  #calendar(email: string | null, calendarId: string): GraphCalendar {
    if (email !== null && calendarId === "primary")
      return this.#store.defaultCalendar(this.#account(email).email);
    const calendar = this.#store.calendars.get(calendarId);
    if (!calendar)
      throw new Error(`The sandbox has no calendar ${calendarId}; create it with createCalendar().`);
    return calendar;
  }

  #app(clientId: string): RegisteredApp {
    const app = this.#store.identity.apps.get(clientId);
    if (!app) throw new Error(`The sandbox has no app ${clientId}; register it with addApp().`);
    return app;
  }
}
