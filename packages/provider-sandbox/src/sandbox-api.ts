import type { FastifyInstance, FastifyReply } from "fastify";
import { ZodError, z } from "zod";
import { faultSettings } from "./google/faults.ts";
import type { GoogleSandbox } from "./google/GoogleSandbox.ts";

const HEARTBEAT_MS = 25_000;

/** JSON Schema of `PUT /sandbox/api/faults`. */
export const faultsSchema: unknown = z.toJSONSchema(faultSettings);

/**
 * The sandbox's own API, for its page and for demos: accounts, page sessions, faults, a stream of changes, reset.
 * @param afterReset puts back what a fresh sandbox holds.
 */
export function registerSandboxApi(
  app: FastifyInstance,
  google: GoogleSandbox,
  afterReset: () => void,
): void {
  const { store } = google.context;

  app.get("/sandbox/api/accounts", () => ({
    accounts: google.accounts().map((account) => ({
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
  }));

  app.post("/sandbox/api/session", (request, reply) => {
    const email = z.object({ email: z.string() }).safeParse(request.body).data?.email.trim().toLowerCase();
    if (!email || !store.accounts.has(email)) {
      return problem(reply, 404, `There is no account ${email ?? "(no e-mail given)"}. Known: ${known()}.`);
    }
    const { accessToken, expiresInSeconds } = google.issuePageToken(email);
    return reply.send({ access_token: accessToken, token_type: "Bearer", expires_in: expiresInSeconds });
  });

  app.get("/sandbox/api/faults", () => google.faults.toJSON());

  app.put("/sandbox/api/faults", (request, reply) => {
    try {
      google.faults.apply(request.body);
    } catch (error) {
      if (!(error instanceof ZodError)) throw error;
      return problem(reply, 400, z.prettifyError(error));
    }
    return reply.send(google.faults.toJSON());
  });

  app.get("/sandbox/api/stats", () => ({ calls: google.stats.calls }));

  app.get("/sandbox/api/guest-mail", () => ({ mails: google.guestMail }));

  app.post("/sandbox/api/reset", (_request, reply) => {
    google.reset();
    afterReset();
    return reply.code(204).send();
  });

  registerChanges(app, google);

  function known(): string {
    return [...store.accounts.keys()].join(", ") || "none";
  }
}

/** `GET /sandbox/api/changes?calendar=…`: server-sent events `change`, one per operation on an event, of one calendar or all. */
function registerChanges(app: FastifyInstance, google: GoogleSandbox): void {
  const streams = new Map<FastifyReply, string | null>();
  const stop = google.context.store.onChange((change) => {
    const seq = change.calendarId
      ? google.context.store.calendars.get(change.calendarId)?.events.seq
      : undefined;
    const { resource, calendarId, email } = change;
    const message = `event: change\ndata: ${JSON.stringify({ resource, calendarId, email, seq })}\n\n`;
    for (const [reply, calendar] of streams) {
      if (calendar === null || calendar === calendarId || resource === "calendarList")
        reply.raw.write(message);
    }
  });
  const heartbeat = setInterval(() => {
    for (const reply of streams.keys()) reply.raw.write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();
  // Streams stay open for ever: end them first, or closing would wait for them.
  app.addHook("preClose", async () => {
    stop();
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
