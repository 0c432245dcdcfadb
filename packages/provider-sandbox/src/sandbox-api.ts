import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ZodError, z } from "zod";
import { faultSettings } from "./google/faults.ts";
import type { GoogleSandbox } from "./google/GoogleSandbox.ts";
import { graphFaultSettings } from "./graph/faults.ts";
import type { GraphSandbox } from "./graph/GraphSandbox.ts";
import { ianaZone } from "./graph/zones.ts";
import { notionFaultSettings } from "./notion/faults.ts";
import type { NotionSandbox } from "./notion/NotionSandbox.ts";

const HEARTBEAT_MS = 25_000;

/** JSON Schema of `PUT /sandbox/api/faults`, by provider. */
export const faultsSchemas: Record<string, unknown> = {
  google: z.toJSONSchema(faultSettings),
  graph: z.toJSONSchema(graphFaultSettings),
  notion: z.toJSONSchema(notionFaultSettings),
};

/** The simulated providers. */
export interface Providers {
  google: GoogleSandbox;
  graph: GraphSandbox;
  notion: NotionSandbox;
}

/** What can be made to go wrong at any provider, and what was called. */
interface SwitchesApi {
  faults: { toJSON(): unknown; apply(settings: unknown): void };
  calls(): Record<string, number>;
}

/** What the sandbox's own API shows and does for the providers whose page is a calendar. */
interface CalendarApi extends SwitchesApi {
  accounts(): { email: string; name: string; timeZone: string; calendars: object[] }[];
  issuePageToken(email: string): { accessToken: string; expiresInSeconds: number };
}

/**
 * The sandbox's own API, for its page and for demos: accounts, page sessions, faults, a stream of changes, reset. The
 * parameter `provider` chooses one, `google` without it.
 * @param afterReset puts back what a fresh sandbox holds.
 */
export function registerSandboxApi(app: FastifyInstance, providers: Providers, afterReset: () => void): void {
  const { google, graph, notion } = providers;
  const calendars: Record<string, CalendarApi> = { google: googleApi(google), graph: graphApi(graph) };
  const switches: Record<string, SwitchesApi> = {
    ...calendars,
    notion: { faults: notion.faults, calls: () => Object.fromEntries(notion.calls) },
  };
  const providerOf = (request: FastifyRequest): string =>
    (request.query as { provider?: string }).provider ?? "google";
  const chosen = (request: FastifyRequest): CalendarApi | undefined => calendars[providerOf(request)];
  const switchesOf = (request: FastifyRequest) => switches[providerOf(request)] as SwitchesApi;

  app.addHook("preHandler", async (request, reply) => {
    if (!request.url.startsWith("/sandbox/api/")) return;
    const known = /^\/sandbox\/api\/(faults|stats)/.test(request.url) ? switches : calendars;
    if (known[providerOf(request)]) return;
    return problem(reply, 404, `There is no such provider. Known: ${Object.keys(known).join(", ")}.`);
  });

  app.get("/sandbox/api/accounts", (request) => ({ accounts: chosen(request)?.accounts() }));

  app.post("/sandbox/api/session", (request, reply) => {
    const api = chosen(request) as CalendarApi;
    const email = z.object({ email: z.string() }).safeParse(request.body).data?.email.trim().toLowerCase();
    const known = api.accounts().map((account) => account.email);
    if (!email || !known.includes(email)) {
      const names = known.join(", ") || "none";
      return problem(reply, 404, `There is no account ${email ?? "(no e-mail given)"}. Known: ${names}.`);
    }
    const { accessToken, expiresInSeconds } = api.issuePageToken(email);
    return reply.send({ access_token: accessToken, token_type: "Bearer", expires_in: expiresInSeconds });
  });

  app.get("/sandbox/api/faults", (request) => switchesOf(request).faults.toJSON());

  app.put("/sandbox/api/faults", (request, reply) => {
    const { faults } = switchesOf(request);
    try {
      faults.apply(request.body);
    } catch (error) {
      if (!(error instanceof ZodError)) throw error;
      return problem(reply, 400, z.prettifyError(error));
    }
    return reply.send(faults.toJSON());
  });

  app.get("/sandbox/api/stats", (request) => ({ calls: switchesOf(request).calls() }));

  app.get("/sandbox/api/guest-mail", (request) => ({
    mails: (request.query as { provider?: string }).provider === "graph" ? graph.mail : google.guestMail,
  }));

  app.post("/sandbox/api/reset", (_request, reply) => {
    google.reset();
    graph.reset();
    notion.reset();
    afterReset();
    return reply.code(204).send();
  });

  registerChanges(app, providers);
}

function googleApi(google: GoogleSandbox): CalendarApi {
  const { store } = google.context;
  return {
    faults: google.faults,
    calls: () => google.stats.calls,
    issuePageToken: (email) => google.issuePageToken(email),
    accounts: () =>
      google.accounts().map((account) => ({
        email: account.email,
        name: account.name,
        timeZone: account.timeZone,
        calendars: [...account.entries.values()]
          .filter((entry) => !entry.deleted && store.calendars.has(entry.calendarId))
          .map(({ calendarId }) => ({
            id: calendarId,
            summary: store.calendars.get(calendarId)?.summary,
            timeZone: store.calendars.get(calendarId)?.timeZone,
            primary: calendarId === account.email,
          })),
      })),
  };
}

function graphApi(graph: GraphSandbox): CalendarApi {
  return {
    faults: graph.faults,
    calls: () => graph.stats.calls,
    issuePageToken: (email) => graph.issuePageToken(email),
    accounts: () =>
      graph.accounts().map(({ email, name, timeZone }) => ({
        email,
        name,
        // As browsers name zones.
        timeZone: ianaZone(timeZone),
        calendars: graph
          .calendars(email)
          .map((calendar) => ({ id: calendar.id, summary: calendar.name, primary: calendar.isDefault })),
      })),
  };
}

/** `GET /sandbox/api/changes?calendar=…`: server-sent events `change`, one per operation on an event, of one calendar or all. */
function registerChanges(app: FastifyInstance, { google, graph }: Pick<Providers, "google" | "graph">): void {
  const streams = new Map<FastifyReply, string | null>();
  const tell = (change: {
    resource: string;
    calendarId?: string | undefined;
    email?: string | undefined;
    seq?: number | undefined;
  }) => {
    const message = `event: change\ndata: ${JSON.stringify(change)}\n\n`;
    for (const [reply, calendar] of streams) {
      if (calendar === null || calendar === change.calendarId || change.resource === "calendarList")
        reply.raw.write(message);
    }
  };
  const stops = [
    google.context.store.onChange(({ resource, calendarId, email }) => {
      const seq = calendarId ? google.context.store.calendars.get(calendarId)?.events.seq : undefined;
      tell({ resource, calendarId, email, seq });
    }),
    graph.context.store.onChange((change) => {
      if (change.resource === "calendarList") return tell({ resource: change.resource, email: change.email });
      const { resource, calendarId, email } = change;
      tell({ resource, calendarId, email, seq: graph.context.store.calendars.get(calendarId)?.events.seq });
    }),
  ];
  const heartbeat = setInterval(() => {
    for (const reply of streams.keys()) reply.raw.write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();
  // Streams stay open for ever: end them first, or closing would wait for them.
  app.addHook("preClose", async () => {
    for (const stop of stops) stop();
    clearInterval(heartbeat);
    for (const reply of streams.keys()) reply.raw.end();
    streams.clear();
  });

  app.get<{ Querystring: { calendar?: string } }>("/sandbox/api/changes", (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    reply.raw.write("retry: 1000\n\n");
    streams.set(reply, request.query.calendar ?? null);
    request.raw.once("close", () => streams.delete(reply));
  });
}

function problem(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: { code: status, message } });
}
