import { CALDAV_PASSWORD, type CaldavTestServer } from "./caldav-test-server.ts";

/** Somebody at another CalDAV client: writes plain text of their own, with nothing of our code. */
export class CaldavClient {
  readonly calendarUrl: string;
  readonly #headers: Record<string, string>;

  constructor(calendarUrl: string, username: string) {
    this.calendarUrl = calendarUrl;
    this.#headers = {
      authorization: `Basic ${Buffer.from(`${username}:${CALDAV_PASSWORD}`).toString("base64")}`,
    };
  }

  /** Makes a calendar of a user. */
  static async makeCalendar(
    server: Pick<CaldavTestServer, "homeOf">,
    username: string,
    name: string,
  ): Promise<CaldavClient> {
    const client = new CaldavClient(`${server.homeOf(username)}/${name}/`, username);
    await client.send("MKCALENDAR", client.calendarUrl);
    return client;
  }

  async delete(name: string): Promise<void> {
    await this.send("DELETE", this.calendarUrl + name);
  }

  async send(
    method: string,
    url: string,
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const response = await fetch(url, {
      method,
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
    return response.text();
  }

  get(name: string): Promise<string> {
    return this.send("GET", this.calendarUrl + name);
  }

  async put(name: string, text: string): Promise<void> {
    await this.send("PUT", this.calendarUrl + name, text, { "content-type": "text/calendar; charset=utf-8" });
  }

  /** An object's lines, unfolded. */
  async lines(name: string): Promise<string[]> {
    return (await this.get(name)).replaceAll(/\r?\n[ \t]/g, "").split(/\r?\n/);
  }

  /** Changes an object line by line. */
  async edit(name: string, change: (lines: string[]) => string[]): Promise<void> {
    await this.put(name, change(await this.lines(name)).join("\r\n"));
  }

  /** Names of all objects, as the server spells them. */
  async names(): Promise<string[]> {
    const body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>';
    const text = await this.send("PROPFIND", this.calendarUrl, body, {
      depth: "1",
      "content-type": "text/xml",
    });
    return [...text.matchAll(/<(?:[\w-]+:)?href>([^<]+\.ics)</g)].map(
      ([, href]) => (href ?? "").split("/").at(-1) ?? "",
    );
  }
}
