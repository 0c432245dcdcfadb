import { CalendarError } from "@calsync/lib";
import type { DAVResponse } from "tsdav";
import { type DavSession, NAMESPACES } from "./DavSession.ts";
import { propfind, textOf } from "./discovery.ts";
import { type Precondition, preconditionOf, toCalendarError } from "./error-mapper.ts";
import { segments } from "./path-segments.ts";

/** How servers say that another object has the UID: the second is Cyrus' word, for every object in any calendar of the account. */
const UID_TAKEN: readonly Precondition[] = ["no-uid-conflict", "unique-scheduling-object-resource"];

/** What a listing says of one member. */
export interface Member {
  name: string;
  etag: string | null;
}

/** What has changed in a collection since a token. */
export interface MemberChanges {
  changed: Member[];
  removed: string[];
  token: string;
  /** The server has cut the answer short (507): ask again with the new token at once. */
  truncated: boolean;
}

/** An object as it was read. */
export interface DavObject extends Member {
  text: string;
}

/** One calendar collection: its listings and the objects in it, by their names. */
export class DavCollection {
  readonly #session: DavSession;
  readonly url: string;

  /** @throws CalendarError CALENDAR_NOT_FOUND when `calendarId` is not the address of a calendar */
  constructor(session: DavSession, calendarId: string) {
    if (!/^https?:\/\//.test(calendarId) || !URL.canParse(calendarId)) {
      throw new CalendarError("CALENDAR_NOT_FOUND", "CalDAV: there is no such calendar");
    }
    this.#session = session;
    this.url = calendarId;
  }

  urlOf(name: string): string {
    return new URL(name, this.url).href;
  }

  /**
   * `sync-collection` (RFC 6578 §3). Null when the server does not know the report.
   * @param token empty lists everything
   * @throws CalendarError CURSOR_EXPIRED when the token is refused
   */
  async changesSince(token: string, signal?: AbortSignal): Promise<MemberChanges | null> {
    const answer = await this.#session.query(
      {
        method: "REPORT",
        url: this.url,
        subject: "calendar",
        // The RFC asks for 0 or nothing; servers that read it otherwise ignore it.
        depth: "0",
        body: {
          "d:sync-collection": {
            _attributes: NAMESPACES,
            "d:sync-token": token,
            "d:sync-level": "1",
            "d:prop": { "d:getetag": {} },
          },
        },
        signal,
      },
      // 418 is what a Nextcloud with a broken history says.
      [400, 403, 405, 409, 412, 415, 418, 500, 501],
    );
    if (answer.status >= 300) return this.#refused(answer.status, answer.text, token, signal);
    if (answer.syncToken === null) return null;
    // By name: some servers list a member twice.
    const changed = new Map<string, Member>();
    const removed = new Set<string>();
    let truncated = false;
    for (const response of answer.responses) {
      const name = this.#nameOf(response, answer.url);
      if (name === null) {
        if (response.status === 507) truncated = true;
      } else if (response.status === 404 || response.status === 410) removed.add(name);
      else changed.set(name, { name, etag: etagOf(response) });
    }
    return {
      changed: [...changed.values()],
      // Radicale names what has gone in a first listing too.
      removed: token === "" ? [] : [...removed].filter((name) => !changed.has(name)),
      token: answer.syncToken,
      truncated,
    };
  }

  /** Everything in the collection with its ETags, and the collection's own tag. For servers without sync-collection. */
  async list(signal?: AbortSignal): Promise<{ members: Member[]; ctag: string | null }> {
    const { responses, url } = await this.#session.query({
      method: "PROPFIND",
      url: this.url,
      subject: "calendar",
      depth: "1",
      body: propfind({ "d:getetag": {}, "d:resourcetype": {}, "cs:getctag": {} }),
      signal,
    });
    const members = new Map<string, Member>();
    let ctag: string | null = null;
    for (const response of responses) {
      const name = this.#nameOf(response, url);
      if (name === null) ctag ??= textOf(response.props?.["getctag"]) || null;
      else members.set(name, { name, etag: etagOf(response) });
    }
    return { members: [...members.values()], ctag };
  }

  /** The collection's tag alone. @throws CalendarError CALENDAR_NOT_FOUND */
  async ctag(signal?: AbortSignal): Promise<string | null> {
    const { responses } = await this.#session.query({
      method: "PROPFIND",
      url: this.url,
      subject: "calendar",
      depth: "0",
      body: propfind({ "cs:getctag": {}, "d:resourcetype": {} }),
      signal,
    });
    return textOf(responses[0]?.props?.["getctag"]) || null;
  }

  /** Reads objects by name, one request per call. One that has gone meanwhile is left out; the others still come. */
  async read(names: readonly string[], signal?: AbortSignal): Promise<DavObject[]> {
    if (names.length === 0) return [];
    const { responses, url } = await this.#session.query({
      method: "REPORT",
      url: this.url,
      subject: "calendar",
      depth: "1",
      body: {
        "c:calendar-multiget": {
          _attributes: NAMESPACES,
          "d:prop": { "d:getetag": {}, "c:calendar-data": {} },
          "d:href": names.map((name) => new URL(name, this.url).pathname),
        },
      },
      signal,
    });
    return responses.flatMap((response) => {
      const name = this.#nameOf(response, url);
      const text = textOf(response.props?.["calendarData"]);
      return name !== null && text !== "" ? [{ name, etag: etagOf(response), text }] : [];
    });
  }

  /** Reads one object. Null when it is not there; a calendar that is not there is an error. */
  async readOne(name: string): Promise<DavObject | null> {
    const response = await this.#session.call(
      { method: "GET", url: this.urlOf(name), subject: "object", headers: { accept: "text/calendar" } },
      [404, 410],
    );
    if (response.status >= 400) {
      await this.ctag();
      return null;
    }
    const etag = response.headers["etag"] ?? null;
    return { name, etag, text: Buffer.from(response.body).toString("utf8") };
  }

  /**
   * Writes one object. @returns its ETag, when the server tells a strong one, and its text where the server gives back what it now
   * holds (RFC 8144 §2: Cyrus, which else tells no ETag of an event with attendees); `refused` when the condition does not hold or
   * another object has the UID.
   */
  async write(
    name: string,
    text: string,
    condition: { ifMatch: string } | { ifNoneMatch: "*" },
  ): Promise<{ etag: string | null; text: string | null } | { refused: "condition" | "uid" }> {
    const response = await this.#session.call(
      {
        method: "PUT",
        url: this.urlOf(name),
        subject: "object",
        headers: {
          "content-type": "text/calendar; charset=utf-8",
          prefer: "return=representation",
          ...("ifMatch" in condition ? { "if-match": condition.ifMatch } : { "if-none-match": "*" }),
        },
        body: text,
      },
      // 207 with a status inside is Xandikos saying no.
      [403, 404, 409, 412],
    );
    const body = Buffer.from(response.body).toString("utf8");
    if (response.status === 412) return { refused: "condition" };
    // The text of an event that was written may hold any word.
    const precondition = response.status >= 400 ? preconditionOf(body) : null;
    if (response.status === 207 || (precondition && UID_TAKEN.includes(precondition)))
      return { refused: "uid" };
    if (response.status >= 400) {
      if (precondition) throw toCalendarError({ ...response, text: body }, "object");
      await this.ctag();
      // A Radicale of old answers a second UID with a bare 409.
      if (response.status === 409) return { refused: "uid" };
      throw new CalendarError(
        response.status === 404 ? "CALENDAR_NOT_FOUND" : "PERMISSION_DENIED",
        "CalDAV: the server does not let this account write here",
        { status: response.status },
      );
    }
    const etag = response.headers["etag"] ?? null;
    const given = /\breturn=representation\b/.test(response.headers["preference-applied"] ?? "");
    return { etag: etag && !etag.startsWith("W/") ? etag : null, text: given && body !== "" ? body : null };
  }

  /** Deletes one object; one that has gone already is success. @throws CalendarError VERSION_CONFLICT */
  async remove(name: string, ifMatch: string | null): Promise<void> {
    const response = await this.#session.call(
      {
        method: "DELETE",
        url: this.urlOf(name),
        subject: "object",
        ...(ifMatch ? { headers: { "if-match": ifMatch } } : {}),
      },
      [404, 410, 412],
    );
    if (response.status !== 412) return;
    // Some servers say 412 of what is not there.
    if ((await this.readOne(name)) !== null) {
      throw new CalendarError("VERSION_CONFLICT", "CalDAV: the event has changed since the given version", {
        status: 412,
      });
    }
  }

  /** A refused sync-collection: an unknown token, a server that does not know the report, or an error. */
  async #refused(
    status: number,
    text: string,
    token: string,
    signal: AbortSignal | undefined,
  ): Promise<MemberChanges | null> {
    const expired = () =>
      new CalendarError("CURSOR_EXPIRED", "CalDAV: the sync token is refused", { status });
    if (token !== "" && preconditionOf(text) === "valid-sync-token") throw expired();
    if (token === "") {
      if (status === 500)
        throw new CalendarError("CALENDAR_API_ERROR", "CalDAV: the server failed (500)", { status });
      // Whether it is the report or the calendar that is missing, a plain question tells.
      await this.ctag(signal);
      return null;
    }
    // Servers answer an unknown token in many ways; when they list everything without one, the token was it.
    await this.changesSince("", signal);
    throw expired();
  }

  /** The member's name below the collection, in one spelling; null for the collection itself and for what lies deeper. */
  #nameOf(response: DAVResponse, base: string): string | null {
    if (!response.href) return null;
    const { pathname } = new URL(String(response.href), base);
    const own = segments(new URL(this.url).pathname);
    const theirs = segments(pathname);
    const last = theirs.at(-1);
    return theirs.length === own.length + 1 && last !== undefined ? encodeURIComponent(last) : null;
  }
}

function etagOf({ props }: DAVResponse): string | null {
  const etag = textOf(props?.["getetag"]).trim();
  return etag === "" ? null : etag;
}
