import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DEFAULT_NOTION_CLIENT, type NotionSandbox } from "@calsync/provider-sandbox";
import type { ContractSubject } from "@calsync/testing/contract";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import type { CalendarMapping, EventTime, MappingAccess, ServiceDependencies } from "@calsync/types";
import { NotionCalendarService } from "../lib/CalendarService.ts";
import { fromEventTime } from "../lib/event-time.ts";
import { parseNotification } from "../lib/notification.ts";

/** A workspace in the sandbox with a service connected to it, and a database made for a calendar. */
export interface ConnectedWorkspace {
  email: string;
  botId: string;
  credential: MemoryCredential;
  mappings: MemoryMappings;
  service: NotionCalendarService;
  calendarId: string;
  /** Another service of the same account and credential, as another process would have it. */
  anotherService(settings?: object): NotionCalendarService;
}

/** Mappings kept in memory. */
export class MemoryMappings implements MappingAccess {
  readonly held = new Map<string, CalendarMapping>();

  async read(calendarId: string): Promise<CalendarMapping | null> {
    return this.held.get(calendarId) ?? null;
  }

  async timeZone(): Promise<string> {
    return "Europe/Berlin";
  }

  async keep(calendarId: string, mapping: CalendarMapping): Promise<CalendarMapping> {
    const kept = this.held.get(calendarId) ?? mapping;
    this.held.set(calendarId, kept);
    return kept;
  }
}

let accounts = 0;

/** Makes a workspace, connects it, and has a database made for its calendar. */
export async function connectWorkspace(
  notion: NotionSandbox,
  options: { settings?: object; announced?: boolean; now?: () => Date; kind?: "public" | "internal" } = {},
): Promise<ConnectedWorkspace> {
  const email = `host-${++accounts}@people.example`;
  notion.createAccount({ email });
  const placeId = notion.createPage(email, "Work");
  const tokens = notion.issueToken({ email });
  const kind = options.kind ?? "public";
  const credential = new MemoryCredential({
    accessToken: tokens.accessToken,
    refreshToken: kind === "public" ? tokens.refreshToken : null,
    botId: tokens.botId,
    kind,
  });
  const mappings = new MemoryMappings();
  const dependencies: ServiceDependencies = {
    credential,
    mappings,
    announced: options.announced ?? true,
    settings: settingsOf(notion, options.settings),
    now: options.now ?? (() => new Date()),
    log: { debug: () => undefined, warn: () => undefined },
  };
  const anotherService = (settings: object = {}) =>
    new NotionCalendarService({
      ...dependencies,
      settings: { ...(dependencies.settings as object), ...settings },
    });
  const service = anotherService();
  const { calendar, mapping } = await service.tables.create({
    name: "Calendar",
    placeId,
    timeZone: "Europe/Berlin",
  });
  mappings.held.set(calendar.id, mapping);
  return {
    email,
    botId: tokens.botId,
    credential,
    mappings,
    service,
    calendarId: calendar.id,
    anotherService,
  };
}

/** The adapter's settings for the sandbox, with pauses that suit a test. */
const settingsOf = (notion: NotionSandbox, settings: object = {}) => ({
  ...DEFAULT_NOTION_CLIENT,
  apiUrl: notion.url,
  timeoutMs: 10_000,
  retryDelayMs: 5,
  lookupDelayMs: 5,
  ...settings,
});

/** A webhook's endpoint, read with the adapter's own parser. */
export class WebhookEndpoint {
  readonly resources: string[] = [];
  #secret: string | null = null;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens, and has the sandbox's default integration tell it of everything. */
  static async start(notion: NotionSandbox): Promise<WebhookEndpoint> {
    const server = createServer();
    const endpoint = new WebhookEndpoint(server);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const body = Buffer.concat(chunks);
        const parsed = parseNotification(
          { method: request.method ?? "", headers, query: {}, body },
          endpoint.#secret,
        );
        if (parsed.type === "introduction") endpoint.#secret ??= parsed.secret;
        if (parsed.type === "resources") endpoint.resources.push(...parsed.resourceIds);
        response.writeHead(parsed.type === "refused" ? 400 : 204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const webhook = await notion.addWebhook(DEFAULT_NOTION_CLIENT.clientId, endpoint.address);
    notion.confirmWebhook(webhook.id, endpoint.#secret ?? "");
    notion.faults.set({ aggregationMs: 1 });
    return endpoint;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/notifications`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A cell of the title column, as it is written. */
export const title = (content: string) => ({ title: [{ text: { content } }] });
/** A cell of a text column, as it is written. */
export const text = (content: string) => ({ rich_text: content === "" ? [] : [{ text: { content } }] });
/** A cell of a date column, as it is written. */
export const date = (time: EventTime) => ({ date: fromEventTime(time) });

/** A fresh workspace of the sandbox as the contract suite wants it. */
export async function contractSubject(
  notion: NotionSandbox,
  endpoint: WebhookEndpoint,
): Promise<ContractSubject> {
  const { email, service, calendarId } = await connectWorkspace(notion);
  const unsupported = async (): Promise<never> => {
    throw new Error("Notion has no series and nobody who answers");
  };
  return {
    service,
    calendarId,
    ownerEmail: email,
    person: {
      create: async (event) =>
        notion.addRow(email, calendarId, {
          Name: title(event.title),
          Date: date(event.time),
          ...(event.description ? { Notes: text(event.description) } : {}),
          ...(event.location ? { Location: text(event.location) } : {}),
          // Nobody declines a row: a person who will not come calls it off.
          ...(event.declinedByOwner ? { Status: { select: { name: "Cancelled" } } } : {}),
        }),
      move: async (id, time) => notion.editRow(email, id, { Date: date(time) }),
      rename: async (id, name) => notion.editRow(email, id, { Name: title(name) }),
      delete: async (id) => notion.trashRow(email, id),
      respond: unsupported,
      moveInstance: unsupported,
      cancelInstance: unsupported,
      setForeign: async (id) => notion.setIcon(email, id, "🎯"),
      foreign: async (id) => notion.row(id)["icon"],
      count: async () => notion.rows(calendarId).length,
    },
    faults: {
      loseNextAnswer: () => {
        for (const method of ["pages.create", "pages.update"])
          notion.faults.add({ fault: "loseAnswer", account: email, method, times: 2 });
      },
      breakDown: () => {
        const id = notion.faults.add({ fault: "serverError", account: email });
        return () => void notion.faults.remove(id);
      },
      expireCursors: () => undefined,
    },
    receiver: { address: endpoint.address, received: () => [], resources: () => endpoint.resources },
    close: async () => {
      notion.faults.clear();
      notion.faults.set({ aggregationMs: 1 });
    },
  };
}
