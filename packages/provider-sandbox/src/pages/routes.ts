import type { FastifyInstance } from "fastify";
import type { Mailbox } from "../mail/Mailbox.ts";
import { registerMailRoutes } from "../mail/routes.ts";
import { loadAssets } from "./assets.ts";
import { type PageContent, renderPage } from "./layout.ts";

/** What the pages need of the sandbox, beside the HTTP API that their scripts call. */
export interface PagesContext {
  /** Absent when the sandbox runs without its SMTP server: the mailbox page says so then. */
  mailbox?: Mailbox | undefined;
  /** JSON Schema of `PUT /sandbox/api/faults` by provider; the faults page draws its form from it. */
  faultsSchemas: Record<string, unknown>;
  /** Where Microsoft Graph is served; empty when it is not. */
  graphUrl?: () => string;
}

// Mails are shown in a frame without scripts; what they embed from elsewhere is not fetched.
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

/** Serves the pages a person uses — `/`, `/google`, `/outlook`, `/notion`, `/mail`, `/faults` — with their assets, and the mailbox's API. */
export function registerPages(app: FastifyInstance, context: PagesContext): void {
  const { mailbox } = context;
  if (mailbox) registerMailRoutes(app, mailbox);

  const page = (path: string, content: () => PageContent) =>
    app.get(path, async (_request, reply) =>
      reply
        .type("text/html; charset=utf-8")
        .header("content-security-policy", CONTENT_SECURITY_POLICY)
        .header("cache-control", "no-store")
        .send(renderPage(path, content())),
    );

  page("/", () => ({
    title: "Overview",
    script: "index-page",
    main: "<h1>Overview</h1>",
    data: { smtpPort: mailbox?.port ?? null, graphUrl: context.graphUrl?.() ?? "" },
  }));
  const calendarPage = (title: string, provider: string): PageContent => ({
    title,
    script: "calendar-page",
    styles: ["calendar-page"],
    main: `<h1 class="visually-hidden">${title}</h1>`,
    data: { provider },
  });
  page("/google", () => calendarPage("Google Calendar", "google"));
  page("/outlook", () => calendarPage("Outlook", "graph"));
  page("/notion", () => ({
    title: "Notion",
    script: "notion-page",
    styles: ["notion-page"],
    main: "<h1>Notion</h1>",
  }));
  page("/mail", () => ({
    title: "Mailbox",
    script: "mail-page",
    main: "<h1>Mailbox</h1>",
    data: { smtpPort: mailbox?.port ?? null },
  }));
  page("/faults", () => ({
    title: "Faults",
    script: "faults-page",
    main: "<h1>Faults</h1>",
    data: { schemas: context.faultsSchemas },
  }));

  app.get<{ Params: { name: string } }>("/assets/:name", async (request, reply) => {
    const asset = (await loadAssets()).get(request.params.name);
    if (!asset) return reply.code(404).type("text/plain; charset=utf-8").send("There is no such file.");
    reply.header("etag", asset.etag).header("cache-control", "no-cache");
    if (request.headers["if-none-match"] === asset.etag) return reply.code(304).send();
    return reply.type(asset.type).send(asset.body);
  });
}
