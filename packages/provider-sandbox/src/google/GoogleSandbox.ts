import { type CallStats, createStats } from "../CallStats.ts";
import { type IssuedTokens, issuedTokens } from "../oauth/issued-tokens.ts";
import { ApiDispatcher } from "./api/ApiDispatcher.ts";
import { accountMethods } from "./api/account.ts";
import { calendarListMethods } from "./api/calendar-list.ts";
import { calendarMethods, changeCalendar, removeCalendar } from "./api/calendars.ts";
import { channelMethods } from "./api/channels.ts";
import { eventMethods } from "./api/events.ts";
import { ChannelDelivery } from "./ChannelDelivery.ts";
import type { GoogleContext } from "./context.ts";
import { getEvent } from "./events/lookup.ts";
import { viewEvent } from "./events/view.ts";
import { deleteEvent, insertEvent, moveEvent, patchEvent, type WriteRequest } from "./events/write.ts";
import { type GoogleBehaviours, GoogleFaults } from "./faults.ts";
import type { Calendar, GoogleStore } from "./GoogleStore.ts";
import type { OAuthClient } from "./oauth/AuthorizationState.ts";
import type { ServiceAccountKey } from "./oauth/ServiceAccounts.ts";
import { Quota } from "./Quota.ts";
import { CALENDAR_SCOPES, calendarScope } from "./scopes.ts";
import type { AccessRole, Account, Actor, GoogleEvent, GuestMail } from "./types.ts";

/** Client of {@link GoogleSandbox.issueToken} when none is named; also usable for refreshing such tokens. */
export const DEFAULT_CLIENT = {
  clientId: "sandbox-default.apps.googleusercontent.com",
  clientSecret: "sandbox-default-secret",
};

/** Client of the sandbox's own page. */
const PAGE_CLIENT_ID = "sandbox-page";
const ALL_SCOPES = [
  "openid",
  calendarScope("userinfo.email"),
  ...Object.keys(CALENDAR_SCOPES).map(calendarScope),
];

/** An OAuth client to register. Clients with one `projectId` share consents and channel ids. */
export interface GoogleClientInput {
  clientId: string;
  clientSecret: string;
  redirectUris: string[];
  /** The client id unless given. */
  projectId?: string;
  /** Consent screen in "Testing": refresh tokens live seven days. */
  testing?: boolean;
}

/** The simulated Google: give {@link url} to a client as root URL, and change its world through the methods. */
export class GoogleSandbox {
  /** Faults that strike calls and notifications, and lasting behaviours. */
  readonly faults: GoogleFaults;
  /** API calls by method name, e.g. `calendar.events.list`. */
  readonly stats: CallStats;
  /** For the sandbox's own routes. */
  readonly context: GoogleContext;
  /** For the sandbox's own routes. */
  readonly dispatcher: ApiDispatcher;
  readonly #store: GoogleStore;
  readonly #quota: Quota;
  readonly #delivery: ChannelDelivery;

  /** @param options `url` gives the address once the server listens. */
  constructor(
    store: GoogleStore,
    options: { url: () => string; allowHttpCallbacks: boolean; behaviours?: Partial<GoogleBehaviours> },
  ) {
    this.#store = store;
    this.stats = createStats();
    this.faults = new GoogleFaults(store.random, options.behaviours);
    this.#quota = new Quota(store.clock, () => this.faults.behaviours);
    this.#delivery = new ChannelDelivery(store, this.faults);
    this.context = {
      store,
      faults: this.faults,
      quota: this.#quota,
      delivery: this.#delivery,
      stats: this.stats,
      allowHttpCallbacks: options.allowHttpCallbacks,
      url: options.url,
    };
    this.dispatcher = new ApiDispatcher(this.context, [
      ...eventMethods,
      ...calendarMethods,
      ...calendarListMethods,
      ...accountMethods,
      ...channelMethods,
    ]);
    this.addClient({ ...DEFAULT_CLIENT, redirectUris: [] });
  }

  /** Root URL: the API is at `/calendar/v3`, OAuth at `/o/oauth2/v2/auth`, `/token`, `/revoke`, `/oauth2/v3/certs`. */
  get url(): string {
    return this.context.url();
  }

  /** Mail that `sendUpdates` made Google send to guests, oldest first. */
  get guestMail(): readonly GuestMail[] {
    return this.#store.guestMail;
  }

  /**
   * Adds a user with a primary calendar whose id is the e-mail. Addresses under `.iam.gserviceaccount.com` become
   * service accounts; `delegated` gives them domain-wide delegation.
   * @throws Error when the e-mail is unusable or taken, or the zone unknown.
   */
  createAccount(input: { email: string; name?: string; timeZone?: string; delegated?: boolean }): Account {
    return this.#store.addAccount(input);
  }

  /** All accounts, oldest first. */
  accounts(): Account[] {
    return [...this.#store.accounts.values()];
  }

  /** Adds a secondary calendar to a user's list, or with `holidays` a generated one that can only be read. Returns its id. */
  createCalendar(input: { email: string; summary: string; timeZone?: string; holidays?: boolean }): string {
    const account = this.#account(input.email);
    const timeZone = input.timeZone ?? account.timeZone;
    if (!input.holidays)
      return this.#store.addCalendar({ summary: input.summary, timeZone, owner: account.email }).id;
    const id = `${input.summary.toLowerCase().replace(/[^a-z0-9]+/g, ".")}#holiday@group.v.calendar.google.com`;
    if (!this.#store.calendars.has(id)) {
      this.#store.addCalendar({ id, summary: input.summary, timeZone, owner: null });
    }
    this.#store.putListEntry(account, { calendarId: id, selected: true });
    return id;
  }

  /** Changes title, description, place or zone of a calendar, as its owner does in the settings page. */
  updateCalendar(
    calendarId: string,
    change: Partial<Pick<Calendar, "summary" | "description" | "location" | "timeZone">>,
  ): void {
    changeCalendar(this.context, this.#calendar(calendarId), change);
  }

  /** Deletes a secondary calendar. */
  deleteCalendar(calendarId: string): void {
    removeCalendar(this.context, this.#calendar(calendarId));
  }

  /**
   * Gives a user a role on a calendar (`none` takes it away) and puts the calendar on the user's list or removes it.
   * Sync tokens that the user holds for it expire.
   */
  shareCalendar(calendarId: string, email: string, role: AccessRole): void {
    const account = this.#account(email);
    this.#store.setRole(this.#calendar(calendarId), account.email, role);
    const entry = role === "none" ? { deleted: true } : { deleted: false, selected: true };
    this.#store.putListEntry(account, { calendarId, ...entry });
  }

  /** Registers an OAuth client, or replaces the one with this id. */
  addClient(input: GoogleClientInput): void {
    this.#store.oauth.clients.set(input.clientId, {
      projectId: input.clientId,
      testing: false,
      ...input,
      status: "active",
    });
  }

  /** Lets a client's secret expire, deletes the client, or makes it work again. @throws Error for an unknown client. */
  setClientStatus(clientId: string, status: OAuthClient["status"]): void {
    this.#client(clientId).status = status;
  }

  /** Makes a key of a service account, and the account with its first one. @returns the key file's content */
  createServiceAccountKey(input: { email: string; projectId?: string }): ServiceAccountKey {
    const { email, projectId = "sandbox-project" } = input;
    return this.#store.oauth.serviceAccounts.createKey({ email, projectId, tokenUri: `${this.url}/token` });
  }

  /** Deletes a key in the Cloud console. */
  deleteServiceAccountKey(email: string, keyId: string): void {
    this.#store.oauth.serviceAccounts.deleteKey(email, keyId);
  }

  /** What the administrator of a workspace domain allows a service account's client id; null takes it back. */
  delegateDomain(domain: string, clientId: string, scopes: readonly string[] | null): void {
    this.#store.oauth.serviceAccounts.delegate(domain, clientId, scopes);
  }

  /** A token pair without the consent page. @param input `scopes` are all calendar scopes unless given. */
  issueToken(input: { email: string; clientId?: string; scopes?: string[] }): IssuedTokens {
    const account = this.#account(input.email);
    const client = this.#client(input.clientId ?? DEFAULT_CLIENT.clientId);
    const { clientId, projectId } = client;
    const scopes = input.scopes ?? ALL_SCOPES;
    const { oauth } = this.#store;
    oauth.allow(account.email, projectId, scopes);
    const owner = { email: account.email, clientId, projectId, scopes };
    const access = oauth.issueAccessToken({ ...owner, page: false }, 3599);
    const refresh = oauth.issueRefreshToken({ ...owner, expiresAtMs: null });
    return issuedTokens(access, refresh, scopes, client);
  }

  /** An access token of the sandbox's own page: all scopes, no quota, no faults. */
  issuePageToken(email: string): { accessToken: string; expiresInSeconds: number } {
    const account = this.#account(email);
    const owner = {
      email: account.email,
      clientId: PAGE_CLIENT_ID,
      projectId: PAGE_CLIENT_ID,
      scopes: ALL_SCOPES,
    };
    const issued = this.#store.oauth.issueAccessToken({ ...owner, page: true }, 86_400);
    return { accessToken: issued.token, expiresInSeconds: 86_400 };
  }

  /** The user takes a client's access away on Google's account page. */
  revokeAccess(email: string, clientId: string = DEFAULT_CLIENT.clientId): void {
    this.#store.oauth.revoke(this.#account(email).email, this.#client(clientId).projectId);
  }

  /** Access tokens of all accounts, or of one, end at once. Refresh tokens stay. */
  expireAccessTokens(email?: string): void {
    this.#store.oauth.expireAccessTokens(email?.toLowerCase());
  }

  /** All sync tokens of a calendar, or of every calendar, answer 410 from now on. */
  expireSyncTokens(calendarId?: string): void {
    const calendars = calendarId ? [this.#calendar(calendarId)] : this.#store.calendars.values();
    for (const calendar of calendars) calendar.generation += 1;
    if (!calendarId) for (const account of this.#store.accounts.values()) account.listGeneration += 1;
  }

  /** Lets time pass at once, for expiry of tokens, channels and the rest. */
  advanceTime(durationMs: number): void {
    this.#store.clock.advance(durationMs);
  }

  /** The truth: what a calendar holds as its owner sees it, cancelled events included, in order of creation. */
  events(email: string, calendarId = "primary"): GoogleEvent[] {
    const calendar = this.#calendar(calendarId === "primary" ? this.#account(email).email : calendarId);
    return [...calendar.events.values()].map((event) =>
      viewEvent(this.context, calendar, event, { role: "owner" }),
    );
  }

  /** One event or instance as its owner sees it. @throws GoogleApiError 404. */
  event(email: string, calendarId: string, eventId: string): GoogleEvent {
    const { calendar } = this.#asPerson(email, calendarId);
    return viewEvent(this.context, calendar, getEvent(this.context, calendar, eventId), { role: "owner" });
  }

  /** Creates an event as a person does in Google's page. */
  putEvent(email: string, calendarId: string, event: GoogleEvent): GoogleEvent {
    const request = this.#asPerson(email, calendarId);
    const kept = insertEvent(this.context, request, event);
    return viewEvent(this.context, request.calendar, kept, { role: "owner" });
  }

  /** Edits an event, or one instance of a series, as a person does in Google's page. */
  patchEvent(email: string, calendarId: string, eventId: string, change: GoogleEvent): GoogleEvent {
    const request = this.#asPerson(email, calendarId);
    const kept = patchEvent(this.context, request, eventId, change, undefined);
    return viewEvent(this.context, request.calendar, kept, { role: "owner" });
  }

  /** Deletes an event, or one instance of a series, as a person does in Google's page. */
  deleteEvent(email: string, calendarId: string, eventId: string): void {
    deleteEvent(this.context, this.#asPerson(email, calendarId), eventId, undefined);
  }

  /** Moves an event to another calendar as a person does in Google's page; it keeps its id. */
  moveEvent(email: string, calendarId: string, eventId: string, toCalendarId: string): void {
    moveEvent(this.context, this.#asPerson(email, calendarId), eventId, this.#calendar(toCalendarId));
  }

  /** Resolves once every notification has been delivered, or given up. */
  notificationsIdle(): Promise<void> {
    return this.#delivery.idle();
  }

  /** Forgets accounts, calendars, events, tokens, channels, faults and counts; registered clients stay. */
  reset(): void {
    this.#store.clear();
    this.#quota.clear();
    this.faults.clear();
    this.stats.reset();
  }

  /** Ends notifications that are on their way. */
  close(): void {
    this.#delivery.close();
  }

  #asPerson(email: string, calendarId: string): WriteRequest {
    const account = this.#account(email);
    const actor: Actor = {
      email: account.email,
      clientId: PAGE_CLIENT_ID,
      projectId: PAGE_CLIENT_ID,
      scopes: new Set(ALL_SCOPES),
      page: true,
    };
    const calendar = this.#calendar(calendarId === "primary" ? account.email : calendarId);
    return { actor, calendar, options: { sendUpdates: "none", conferenceDataVersion: 1 } };
  }

  #account(email: string): Account {
    const account = this.#store.accounts.get(email.trim().toLowerCase());
    if (!account) throw new Error(`The sandbox has no account ${email}; create it with createAccount().`);
    return account;
  }

  #calendar(calendarId: string): Calendar {
    const calendar = this.#store.calendars.get(calendarId);
    if (!calendar)
      throw new Error(`The sandbox has no calendar ${calendarId}; create it with createCalendar().`);
    return calendar;
  }

  #client(clientId: string): OAuthClient {
    const client = this.#store.oauth.clients.get(clientId);
    if (!client)
      throw new Error(`The sandbox has no OAuth client ${clientId}; register it with addClient().`);
    return client;
  }
}
