import helmet from "@fastify/helmet";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import type { Container } from "./container.ts";
import { nameBookingSchemas } from "./dto/booking-names.ts";
import { authPlugin, SESSION_COOKIE } from "./plugins/auth.ts";
import { CSRF_HEADER, csrfPlugin } from "./plugins/csrf.ts";
import { metricsPlugin } from "./plugins/metrics.ts";
import { problemPlugin } from "./plugins/problem.ts";
import { requestLogPlugin } from "./plugins/request-log.ts";
import { storableTextPlugin } from "./plugins/storable-text.ts";
import { streamPlugin } from "./plugins/stream.ts";
import { unusedConnectionsPlugin } from "./plugins/unused-connections.ts";
import { visitorLimitsPlugin } from "./plugins/visitor-limits.ts";
import { apiKeyRoutes } from "./routes/api-keys.ts";
import { bookingRoutes } from "./routes/bookings.ts";
import { calendarRoutes } from "./routes/calendar.ts";
import { calendarTableRoutes } from "./routes/calendar-tables.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { cronRoutes } from "./routes/crons.ts";
import { entryRoutes } from "./routes/entries.ts";
import { eventTypeRoutes } from "./routes/event-types.ts";
import { externalEventRoutes } from "./routes/external-events.ts";
import { feedRoutes } from "./routes/feeds.ts";
import { formConnectionRoutes } from "./routes/form-connections.ts";
import { healthRoutes } from "./routes/health.ts";
import { importRoutes } from "./routes/imports.ts";
import { inboxRoutes } from "./routes/inbox.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { oauthRoutes } from "./routes/oauth.ts";
import { preferenceRoutes } from "./routes/preferences.ts";
import { publicRoutes } from "./routes/public.ts";
import { questionRoutes } from "./routes/questions.ts";
import { sessionRoutes } from "./routes/session.ts";
import { streamRoutes } from "./routes/stream.ts";
import { syncRoutes } from "./routes/sync.ts";
import { syncQueueRoutes } from "./routes/sync-queue.ts";
import { syncRunRoutes } from "./routes/sync-runs.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { createChangeFeed } from "./services/change-feed.ts";

/** Largest body of an ordinary request. */
const BODY_LIMIT_BYTES = 256 * 1024;

/**
 * The HTTP server over a container, not yet listening: tests drive it with `inject`. Closing it ends its streams and its
 * listening connection, but not the container.
 */
export async function buildApp(container: Container): Promise<FastifyInstance> {
  const { env, log, auth, metrics, secureCookie, visitors } = container;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // The framework's own lines hold whole addresses; see requestLogPlugin.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: env.TRUST_PROXY === "none" ? false : env.TRUST_PROXY,
    // Requests that are under way may end; idle connections must not keep the process from stopping.
    forceCloseConnections: "idle",
    return503OnClosing: true,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  // Clients that always name a media type also send DELETE and POST without a body.
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, null);
    else parseJson(request, body as string, done);
  });

  await app.register(problemPlugin);
  await app.register(storableTextPlugin);
  await app.register(helmet, {
    // The reference page at /docs loads its own scripts and styles; every other answer is data.
    contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } },
    strictTransportSecurity: secureCookie,
  });
  await app.register(visitorLimitsPlugin, { visitors });
  await app.register(authPlugin, { auth, secureCookie });
  await app.register(requestLogPlugin);
  await app.register(csrfPlugin, { ownOrigins: [new URL(env.WEB_URL).origin, new URL(env.API_URL).origin] });
  await app.register(metricsPlugin, { metrics, token: env.METRICS_TOKEN });

  const feed = createChangeFeed({ url: env.DATABASE_URL, log });
  app.addHook("onClose", () => feed.close());
  await app.register(streamPlugin, { feed });
  await app.register(unusedConnectionsPlugin);

  nameBookingSchemas();
  await app.register(swagger, {
    openapi: describeApi(env.API_URL),
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: true,
    // As for every other answer: an installation on plain http, such as a local one, has no https to upgrade to.
    transformStaticCSP: (header) => header.replace(/ ?upgrade-insecure-requests;?/, ""),
  });

  const routes = [
    sessionRoutes,
    apiKeyRoutes,
    publicRoutes,
    bookingRoutes,
    eventTypeRoutes,
    connectionRoutes,
    preferenceRoutes,
    oauthRoutes,
    formConnectionRoutes,
    calendarTableRoutes,
    syncRoutes,
    questionRoutes,
    syncQueueRoutes,
    syncRunRoutes,
    calendarRoutes,
    entryRoutes,
    externalEventRoutes,
    webhookRoutes,
    importRoutes,
    feedRoutes,
    inboxRoutes,
    streamRoutes,
    cronRoutes,
    healthRoutes,
  ];
  for (const route of routes) await app.register(route(container));
  // In a scope of its own: it reads bodies as bytes.
  await app.register(notificationRoutes(container));
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  await app.ready();
  return app;
}

function describeApi(url: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "calsync",
      version: "1.0.0",
      description:
        "Bookings that stay equal to the events in connected calendars. Instants are ISO 8601 in UTC, zones are IANA names, " +
        "errors are `application/problem+json` (RFC 9457) with a `code` for programs.",
    },
    servers: [{ url }],
    tags: [
      { name: "Account", description: "Signing in, sessions and API keys." },
      { name: "Public", description: "What guests use, without signing in." },
      { name: "Bookings", description: "Bookings and event types of the signed-in host." },
      {
        name: "Calendar",
        description: "The signed-in host's calendar: entries, and events of connected calendars.",
      },
      {
        name: "Calendar files",
        description: "iCalendar files that come and go: imports, exports, feeds, invitations.",
      },
      { name: "Connections", description: "Linked accounts and their calendars." },
      { name: "Sync", description: "How sync stands, and changes as they happen." },
      { name: "Webhooks", description: "Telling other systems of what happens." },
      { name: "Operation", description: "For operators and monitoring." },
    ],
    components: {
      securitySchemes: {
        session: {
          type: "apiKey" as const,
          in: "cookie" as const,
          name: SESSION_COOKIE,
          description: `Requests that change something also need the header \`${CSRF_HEADER}: 1\`.`,
        },
        apiKey: { type: "http" as const, scheme: "bearer", description: "An API key: `cs_…`." },
        cronSecret: {
          type: "http" as const,
          scheme: "bearer",
          description: "CRON_SECRET of the installation.",
        },
      },
    },
    security: [{ session: [] }, { apiKey: [] }],
  };
}
