import { DEFAULT_NOTION_CLIENT, type NotionFaultRule, startSandbox } from "@calsync/provider-sandbox";
import type { WriteMethod } from "@calsync/testing/model";
import type { RemoteEvent, RemoteFault, StartRemote } from "./RemoteCalendars.ts";

const FAULTS: Partial<Record<RemoteFault["fault"], NotionFaultRule["fault"]>> = {
  "server-error": "serverError",
  network: "dropConnection",
  "lost-answer": "loseAnswer",
  "rate-limit": "rateLimit",
  "empty-page": "shortPage",
};
const METHODS: Record<WriteMethod, string> = {
  createEvent: "pages.create",
  updateEvent: "pages.update",
  deleteEvent: "pages.update",
};

/** What a row's cells look like, as far as they are looked at. */
interface Cells {
  Date: { date: { start: string; end: string | null } | null };
}

/** The simulated Notion: databases that nobody has mapped, and that are polled. */
export const notionRemote: StartRemote = async (clock) => {
  let skewMs = 0;
  const sandbox = await startSandbox({ clock: () => new Date(clock().getTime() + skewMs) });
  const { notion } = sandbox;
  const bots = new Map<string, string>();
  return {
    provider: "notioncalendar",
    can: { restore: true, guests: false, transfer: false },
    environment: {
      NOTION_CLIENT_ID: DEFAULT_NOTION_CLIENT.clientId,
      NOTION_CLIENT_SECRET: DEFAULT_NOTION_CLIENT.clientSecret,
      NOTION_API_URL: sandbox.url,
      CALL_LIMIT_FACTOR: "1000",
    },

    async openAccount(name, calendars) {
      const email = `${name}@notion.test`;
      notion.createAccount({ email });
      const calendarIds = Array.from(
        { length: calendars },
        (_, index) => notion.createDatabase({ email, title: `Calendar ${index + 1}` }).dataSourceId,
      );
      const { accessToken, refreshToken, botId } = notion.issueToken({ email });
      bots.set(email, botId);
      return {
        accountId: botId,
        email,
        secret: { accessToken, refreshToken, botId, kind: "public" },
        calendarIds,
      };
    },
    async events({ calendarId }) {
      const ids = [...notion.rows(calendarId), ...notion.rows(calendarId, { trashed: true })];
      return ids.map(toRemoteEvent);
    },

    async place({ account, calendarId }, { title, ...time }) {
      notion.addRow(account.email, calendarId, { Name: { title: textOf(title) }, Date: dateOf(time) });
    },
    async edit({ account }, eventId, { title, description, location, time }) {
      notion.editRow(account.email, eventId, {
        ...(title === undefined ? {} : { Name: { title: textOf(title) } }),
        ...(description === undefined ? {} : { Notes: { rich_text: textOf(description) } }),
        ...(location === undefined ? {} : { Place: { rich_text: textOf(location) } }),
        ...(time === undefined ? {} : { Date: dateOf(time) }),
      });
    },
    async delete({ account }, eventId) {
      notion.trashRow(account.email, eventId);
    },
    async restore({ account }, eventId) {
      notion.trashRow(account.email, eventId, false);
    },
    async transfer() {},

    addFault({ fault, method, times, probability }) {
      const kind = FAULTS[fault];
      if (kind === undefined) return;
      notion.faults.add({
        fault: kind,
        ...(method === undefined ? {} : { method: METHODS[method] }),
        ...(times === undefined ? {} : { times }),
        ...(probability === undefined ? {} : { probability }),
      });
    },
    clearFaults: () => notion.faults.clear(),
    loseCursors() {},
    expireTokens({ email }) {
      const botId = bots.get(email);
      if (botId !== undefined) notion.expireAccessTokens(botId);
    },
    setSkew(ms) {
      skewMs = ms;
    },
    guestMails: () => [],
    async notificationsIdle() {},
    close: () => sandbox.close(),
  };

  function toRemoteEvent(id: string): RemoteEvent {
    const { in_trash: deleted, properties } = notion.row(id) as { in_trash: boolean; properties: Cells };
    const { date } = properties.Date;
    const note = hasNote(id) ? notion.text(id, "calsync") : "";
    return {
      id,
      marker: (/"m":"([^"]*)"/.exec(note) ?? [])[1] ?? null,
      deleted,
      title: notion.text(id, "Name"),
      description: notion.text(id, "Notes"),
      location: notion.text(id, "Place"),
      start: date ? new Date(date.start).toISOString() : "unreadable",
      end: date?.end ? new Date(date.end).toISOString() : "unreadable",
      guests: null,
    };
  }

  function hasNote(id: string): boolean {
    return "calsync" in (notion.row(id)["properties"] as object);
  }
};

const textOf = (content: string) => (content === "" ? [] : [{ text: { content } }]);
const dateOf = ({ start, end }: { start: Date; end: Date }) => ({
  date: { start: start.toISOString(), end: end.toISOString() },
});
