import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CaldavHabits, USUAL_HABITS } from "./caldav-habits.ts";
import { CALDAV_PASSWORD, type CaldavTestServer } from "./caldav-test-server.ts";
import { CalendarCollection, PreconditionFailure, type StoredObject } from "./calendar-collection.ts";
import {
  chosen,
  errorBody,
  escapeXml,
  multistatus,
  type Properties,
  response,
  statusResponse,
  textsOf,
} from "./multistatus.ts";

interface Asked {
  method: string;
  /** Parts of the path, decoded: `calendars`, user, calendar, object. */
  parts: string[];
  headers: IncomingMessage["headers"];
  body: string;
  user: string;
}

interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/**
 * A small CalDAV server in this process: principals, calendars, objects, sync-collection, multiget, preconditions. Times are not
 * looked at: `calendar-query` lists everything, knows attendees alone where busy times are told, and refuses other filters; busy times are
 * what a test says.
 */
export class MemoryCaldavServer implements CaldavTestServer {
  readonly kind = "memory";
  readonly requests: string[] = [];
  /** May be changed at any time. */
  readonly habits: CaldavHabits;
  /** Addresses that it has sent invitations to, where it {@link CaldavHabits.schedules}. */
  readonly invited: string[] = [];
  /** Whether its well-known address leads to it (RFC 6764 §5). */
  wellKnown = true;
  /** Objects over which it fails when it is asked for them together with others, or alone. */
  readonly poisonous = new Set<string>();
  /** Objects that it lists, and that are not there when it is asked for them. */
  readonly vanishing = new Set<string>();
  readonly #server: Server;
  readonly #accounts = new Map<string, Map<string, CalendarCollection>>();
  readonly #passwords = new Map<string, string>();
  #era = 1;
  #broken = false;
  #loseNextWrite = false;

  private constructor(server: Server, habits: Partial<CaldavHabits>) {
    this.#server = server;
    this.habits = { ...USUAL_HABITS, ...habits };
  }

  static async start(habits: Partial<CaldavHabits> = {}): Promise<MemoryCaldavServer> {
    const http = createServer();
    const server = new MemoryCaldavServer(http, habits);
    http.on("request", (incoming, outgoing) => server.#serve(incoming, outgoing));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  homeOf(username: string): string {
    return `${this.url}/calendars/${encodeURIComponent(username)}`;
  }

  /** From now on this is the user's password. */
  setPassword(username: string, password: string): void {
    this.#passwords.set(username, password);
  }

  loseNextAnswer(): void {
    this.#loseNextWrite = true;
  }

  breakDown(): () => void {
    this.#broken = true;
    return () => {
      this.#broken = false;
    };
  }

  expireTokens(): void {
    this.#era += 1;
  }

  mend(): void {
    this.#broken = false;
    this.#loseNextWrite = false;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const chunks: Uint8Array[] = [];
    incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "GET", url = "/", headers } = incoming;
      this.requests.push(`${method} ${url}`);
      const lose = this.#loseNextWrite && method === "PUT";
      if (lose) this.#loseNextWrite = false;
      const answer = this.#answer(method, url, headers, Buffer.concat(chunks).toString("utf8"));
      if (lose) {
        outgoing.destroy();
        return;
      }
      const body = answer.body ?? "";
      const type = body.startsWith("<?xml") ? "application/xml; charset=utf-8" : "text/plain";
      outgoing.writeHead(answer.status, { "content-type": type, dav: this.#dav(), ...answer.headers });
      outgoing.end(body);
    });
  }

  #dav(): string {
    return `1, 3, calendar-access${this.habits.schedules ? ", calendar-auto-schedule" : ""}`;
  }

  #answer(method: string, url: string, headers: IncomingMessage["headers"], body: string): Answer {
    if (this.#broken) return { status: 503, body: "out of order" };
    const path = new URL(url, "http://here/").pathname;
    if (path === "/.well-known/caldav" && this.wellKnown) {
      return { status: 301, headers: { location: "/" } };
    }
    const user = this.#userOf(headers.authorization);
    if (user === null) return { status: 401, headers: { "www-authenticate": 'Basic realm="calendars"' } };
    const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
    if (parts.length >= 2 && parts[1] !== user) return { status: 403, body: errorBody("need-privileges") };
    const asked: Asked = { method, parts, headers, body, user };
    try {
      if (method === "OPTIONS") return { status: 200 };
      if (parts[0] !== "calendars" || parts.length < 3) return this.#account(asked);
      return parts.length === 3 ? this.#collection(asked) : this.#object(asked);
    } catch (error) {
      if (!(error instanceof PreconditionFailure)) throw error;
      const conflict =
        error.conflict === null ? null : new URL(error.conflict, `http://here${path}`).pathname;
      return { status: error.status, body: errorBody(error.precondition, conflict) };
    }
  }

  #userOf(authorization = ""): string | null {
    const [scheme, encoded = ""] = authorization.split(" ");
    const [user = "", password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
    const right = scheme === "Basic" && password === (this.#passwords.get(user) ?? CALDAV_PASSWORD);
    return right && user.endsWith("@people.example") ? user : null;
  }

  #calendarsOf(user: string): Map<string, CalendarCollection> {
    const known = this.#accounts.get(user) ?? new Map<string, CalendarCollection>();
    this.#accounts.set(user, known);
    return known;
  }

  /** The root, the principal, and the home that holds the calendars. */
  #account({ method, parts, headers, body, user }: Asked): Answer {
    const home = `/calendars/${encodeURIComponent(user)}/`;
    const principal = `/principals/${encodeURIComponent(user)}/`;
    const shared: Properties = {
      "d:current-user-principal": `<d:href>${principal}</d:href>`,
      "d:resourcetype": "<d:collection/>",
    };
    const own: Properties = {
      ...shared,
      "c:calendar-home-set": `<d:href>${home}</d:href>`,
      "c:calendar-user-address-set": `<d:href>mailto:${user}</d:href>`,
      "c:schedule-inbox-URL": `<d:href>${home}inbox/</d:href>`,
    };
    const at = `/${parts.map(encodeURIComponent).join("/")}${parts.length > 0 ? "/" : ""}`;
    if (at !== "/" && at !== home && at !== principal) return { status: 404 };
    if (method !== "PROPFIND") return { status: 405 };
    const responses = [response(at, chosen(at === principal ? own : shared, body))];
    if (at === home && headers["depth"] !== "0") {
      for (const [name, calendar] of this.#calendarsOf(user)) {
        responses.push(
          response(`${home}${encodeURIComponent(name)}/`, chosen(this.#describe(name, calendar), body)),
        );
      }
      const inbox = this.habits.inboxIsCalendar ? "<c:calendar/>" : "<c:schedule-inbox/>";
      responses.push(
        response(`${home}inbox/`, chosen({ "d:resourcetype": `<d:collection/>${inbox}` }, body)),
      );
    }
    return { status: 207, body: multistatus(responses) };
  }

  #describe(name: string, calendar: CalendarCollection): Properties {
    return {
      "d:resourcetype": "<d:collection/><c:calendar/>",
      "d:displayname": escapeXml(name),
      "d:current-user-privilege-set": "<d:privilege><d:all/></d:privilege>",
      "c:supported-calendar-component-set": '<c:comp name="VEVENT"/>',
      "d:supported-report-set": [
        "c:calendar-multiget",
        ...(this.habits.freeBusy ? ["c:free-busy-query"] : []),
      ]
        .map((name) => `<d:supported-report><d:report><${name}/></d:report></d:supported-report>`)
        .join(""),
      ...(this.habits.timeZone === null
        ? {}
        : {
            "c:calendar-timezone": escapeXml(
              `BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:${this.habits.timeZone}\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n`,
            ),
          }),
      "cs:getctag": String(calendar.position),
      ...(this.habits.syncCollection ? { "d:sync-token": this.#token(calendar.position) } : {}),
    };
  }

  #collection(asked: Asked): Answer {
    const { method, parts, headers, body, user } = asked;
    const name = parts[2] ?? "";
    const calendars = this.#calendarsOf(user);
    const calendar = calendars.get(name);
    if (method === "MKCALENDAR") {
      if (calendar) return { status: 405 };
      calendars.set(name, new CalendarCollection());
      return { status: 201 };
    }
    if (!calendar) return { status: 404 };
    const at = `/calendars/${encodeURIComponent(user)}/${encodeURIComponent(name)}/`;
    if (method === "PROPFIND") {
      const responses = [response(at, chosen(this.#describe(name, calendar), body))];
      if (headers["depth"] !== "0") {
        for (const { name: member, etag } of calendar.all()) {
          responses.push(response(at + member, chosen({ "d:getetag": etag, "d:resourcetype": "" }, body)));
        }
      }
      const declared = this.habits.isSabre ? '<s:none xmlns:s="http://sabredav.org/ns"/>' : "";
      return { status: 207, body: multistatus(responses, declared) };
    }
    if (method !== "REPORT") return { status: 405 };
    if (this.habits.freeBusy && /<(?:[\w-]+:)?free-busy-query[\s>]/.test(body)) {
      const { type, text } = this.habits.freeBusy;
      return { status: 200, body: text, headers: { "content-type": type } };
    }
    if (this.habits.freeBusy && /<(?:[\w-]+:)?calendar-query[\s>]/.test(body)) {
      const found = calendar.attendedBy(textsOf(body, "text-match")[0] ?? "");
      return { status: 207, body: multistatus(found.map((stored) => withText(at, stored))) };
    }
    if (/<(?:[\w-]+:)?calendar-multiget[\s>]/.test(body)) return this.#multiget(at, calendar, body);
    if (/<(?:[\w-]+:)?calendar-query[\s>]/.test(body)) {
      if (/<(?:[\w-]+:)?(time-range|prop-filter)[\s>]/.test(body))
        throw new PreconditionFailure(403, "supported-filter");
      const members = headers["depth"] === "1" ? calendar.all() : [];
      return { status: 207, body: multistatus(members.map((one) => this.#queried(at, one, body))) };
    }
    if (this.habits.syncCollection && /<(?:[\w-]+:)?sync-collection[\s>]/.test(body)) {
      return this.#changes(at, calendar, asked);
    }
    return { status: 403, body: errorBody("supported-report") };
  }

  #queried(at: string, { name, etag, text }: StoredObject, body: string): string {
    const properties = { "d:getetag": etag, "c:calendar-data": escapeXml(text) };
    return response(at + encodeURIComponent(name), chosen(properties, body));
  }

  #multiget(at: string, calendar: CalendarCollection, body: string): Answer {
    const hrefs = textsOf(body, "href");
    if (hrefs.some((href) => this.poisonous.has(href.split("/").at(-1) ?? ""))) return { status: 500 };
    const found = hrefs.map((href) => {
      // Clients encode what they like: `%40` and `@` are one address.
      const path = decodeURIComponent(new URL(href, this.url).pathname);
      const home = decodeURIComponent(at);
      const stored = path.startsWith(home) ? calendar.find(path.slice(home.length)) : undefined;
      return { href, stored: stored && !this.vanishing.has(stored.name) ? stored : null };
    });
    if (this.habits.missingObject === "of-all" && found.some(({ stored }) => !stored)) return { status: 404 };
    const responses = found.map(({ href, stored }) =>
      stored ? withText(at, stored) : statusResponse(href, "404 Not Found"),
    );
    return { status: 207, body: multistatus(responses) };
  }

  /** `sync-collection` (RFC 6578 §3). */
  #changes(at: string, calendar: CalendarCollection, { headers, body }: Asked): Answer {
    if ((headers["depth"] ?? "0") !== "0") return { status: 400 };
    const [token = ""] = textsOf(body, "sync-token");
    let from = 0;
    if (token !== "") {
      const known = token.startsWith(this.#token(""))
        ? Number(token.slice(this.#token("").length))
        : Number.NaN;
      if (Number.isInteger(known)) from = known;
      else if (this.habits.unknownToken === "valid-sync-token") {
        throw new PreconditionFailure(403, "valid-sync-token");
      } else if (this.habits.unknownToken !== "everything") return { status: this.habits.unknownToken };
    }
    const { pageSize, tellsShortLived } = this.habits;
    const { changed, removed, position, truncated } = calendar.changesSince(from, pageSize, tellsShortLived);
    const responses = [
      ...changed.map(({ name, etag }) => response(at + encodeURIComponent(name), { "d:getetag": etag })),
      ...removed.map((name) => statusResponse(at + encodeURIComponent(name), "404 Not Found")),
      ...(this.habits.listsItself ? [response(at, { "d:getetag": `"${calendar.position}"` })] : []),
      ...(truncated ? [statusResponse(at, "507 Insufficient Storage")] : []),
    ];
    const next = `<d:sync-token>${this.#token(position)}</d:sync-token>`;
    return { status: 207, body: multistatus(responses, next) };
  }

  #token(position: number | ""): string {
    return `https://people.example/sync/${this.#era}-${position}`;
  }

  #object({ method, parts, headers, body, user }: Asked): Answer {
    const [, , calendarName = "", name = ""] = parts;
    const calendar = this.#calendarsOf(user).get(calendarName);
    if (!calendar || parts.length > 4) return { status: method === "PUT" ? 409 : 404 };
    const held = calendar.find(name);
    if (method === "GET") {
      if (!held) return { status: 404 };
      const type = "text/calendar; charset=utf-8";
      return { status: 200, body: held.text, headers: { "content-type": type, etag: held.etag } };
    }
    const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
    if (ifMatch !== undefined && held?.etag !== ifMatch) return { status: 412 };
    if (method === "DELETE") {
      if (!held) return { status: 404 };
      calendar.remove(name);
      return { status: 204 };
    }
    if (method !== "PUT") return { status: 405 };
    if (ifNoneMatch === "*" && held) return { status: 412 };
    if (this.habits.refuses !== null) throw new PreconditionFailure(403, this.habits.refuses);
    if (this.habits.uidPerAccount) this.#requireOwnUid(user, calendar, body);
    const { stored, created } = calendar.put(name, this.habits.schedules ? this.#invite(user, body) : body);
    if (this.habits.returnsText && headers["prefer"] === "return=representation") {
      const told = { etag: stored.etag, "preference-applied": "return=representation" };
      return { status: 200, body: stored.text, headers: { ...told, "content-type": "text/calendar" } };
    }
    return {
      status: created ? 201 : 204,
      ...(this.habits.etagOnPut ? { headers: { etag: stored.etag } } : {}),
    };
  }

  #requireOwnUid(user: string, calendar: CalendarCollection, text: string): void {
    for (const other of this.#calendarsOf(user).values()) {
      const taken = other !== calendar && other.all().find(({ uid }) => text.includes(`UID:${uid}\r\n`));
      if (taken) throw new PreconditionFailure(403, this.habits.uidPerAccount ?? "");
    }
  }

  /** What RFC 6638 §3.2.1 makes of an organizer's PUT. @returns the text with what was sent noted on it (§7.3) */
  #invite(user: string, text: string): string {
    const lines = text.replaceAll(/\r?\n[ \t]/g, "").split(/\r?\n/);
    const organizes = lines.some((line) => line.startsWith("ORGANIZER") && line.endsWith(`mailto:${user}`));
    if (!organizes) return text;
    const noted = lines.map((line) => {
      if (!line.startsWith("ATTENDEE") || /SCHEDULE-(AGENT=(CLIENT|NONE)|STATUS)/.test(line)) return line;
      this.invited.push(line.replace(/^.*mailto:/i, ""));
      return line.replace("ATTENDEE", "ATTENDEE;SCHEDULE-STATUS=1.1");
    });
    return noted.join("\r\n");
  }
}

const withText = (at: string, { name, etag, text }: StoredObject): string =>
  response(at + encodeURIComponent(name), { "d:getetag": etag, "c:calendar-data": escapeXml(text) });
