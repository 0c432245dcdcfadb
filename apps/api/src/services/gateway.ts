import { loadProvider, providers } from "@calsync/app-store";
import type { ConnectionProviders, CredentialStore } from "@calsync/calendar-connections";
import type { CalendarGateway } from "@calsync/calendar-sync";
import { CalendarError, type Clock, type Logger } from "@calsync/lib";
import type { MappingAccess } from "@calsync/types";
import type { ApiEnv } from "../env.ts";
import type { CallLimiter } from "./call-limits/call-limiter.ts";
import { limitService } from "./call-limits/limit-service.ts";
import { type Metrics, measureService } from "./metrics.ts";
import type { NotificationSecrets } from "./notification-secrets.ts";

/** The shipped providers with this installation's settings. */
export function createProviders(env: ApiEnv): ConnectionProviders {
  const settings = settingsOf(env);
  // Without a client there is no consent page; where a form is a second way, it is the only one then.
  const listed = providers.map((provider) =>
    provider.auth === "oauth" && provider.form && settings[provider.slug]?.["clientId"] === undefined
      ? { ...provider, auth: "token" as const }
      : provider,
  );
  return { list: () => listed, loadProvider, settings: (slug) => settings[slug] ?? null };
}

/** What each provider that is offered here is given; one without an entry is not offered. */
function settingsOf(env: ApiEnv): Record<string, { apiUrl?: string; [setting: string]: unknown }> {
  // Addresses of these are users' own: nothing has to be set up.
  const reachable = { allowedHosts: env.OUTBOUND_ALLOW };
  const google = {
    clientId: env.GOOGLE_CLIENT_ID,
    clientSecret: env.GOOGLE_CLIENT_SECRET,
    apiUrl: env.GOOGLE_API_URL,
    authUrl: env.GOOGLE_AUTH_URL,
    tokenUrl: env.GOOGLE_TOKEN_URL,
    revokeUrl: env.GOOGLE_REVOKE_URL,
  };
  const microsoft = {
    clientId: env.MICROSOFT_CLIENT_ID,
    clientSecret: env.MICROSOFT_CLIENT_SECRET,
    tenant: env.MICROSOFT_TENANT,
    apiUrl: env.MICROSOFT_API_URL,
    loginUrl: env.MICROSOFT_LOGIN_URL,
  };
  return {
    applecalendar: reachable,
    caldavcalendar: reachable,
    fastmailcalendar: reachable,
    "ics-feedcalendar": reachable,
    nextcloudcalendar: reachable,
    notioncalendar: {
      apiUrl: env.NOTION_API_URL,
      // The simulator shows new rows at once, unless it is told otherwise.
      ...(isSimulator(env.NOTION_API_URL) ? { lookupDelayMs: 10, retryDelayMs: 20 } : {}),
      ...(env.NOTION_CLIENT_ID === undefined
        ? {}
        : { clientId: env.NOTION_CLIENT_ID, clientSecret: env.NOTION_CLIENT_SECRET }),
    },
    ...(google.clientId === undefined ? {} : { googlecalendar: google }),
    ...(microsoft.clientId === undefined ? {} : { office365calendar: microsoft }),
  };
}

/** Where a provider is to send notifications; null when it cannot reach this installation. */
export function notificationAddress(env: ApiEnv, provider: string): string | null {
  const apiUrl = settingsOf(env)[provider]?.apiUrl;
  const base =
    env.NOTIFICATION_URL ?? (env.API_URL.startsWith("https:") || isSimulator(apiUrl) ? env.API_URL : null);
  return base === null ? null : `${base}/v1/notifications/${provider}`;
}

/** A provider that answers on this machine is a simulator, which takes addresses that a real one refuses. */
function isSimulator(apiUrl: string | undefined): boolean {
  return apiUrl !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(apiUrl).hostname);
}

/** The engine's way to calendars: app-store's adapters on stored accounts, with every call measured and held below the limits. */
export function createGateway(parts: {
  catalog: ConnectionProviders;
  credentials: CredentialStore;
  mappings: (credentialId: number) => MappingAccess;
  secrets: NotificationSecrets;
  metrics: Metrics;
  limiter: CallLimiter;
  now: Clock;
  log: Logger;
}): CalendarGateway {
  const { catalog, credentials, mappings, secrets, metrics, limiter, now, log } = parts;
  const metadataOf = (slug: string) => catalog.list().find((provider) => provider.slug === slug);
  return {
    async serviceFor(credentialId) {
      const { provider: slug, accountId, access } = await credentials.open(credentialId);
      const settings = catalog.settings(slug);
      if (settings === null) {
        throw new CalendarError("OAUTH_CLIENT_REFUSED", `${slug} is not configured on this installation`);
      }
      const provider = await catalog.loadProvider(slug);
      const service = provider.createService({
        credential: access,
        mappings: mappings(credentialId),
        announced:
          provider.metadata.capabilities.notifications === "integration" &&
          (await secrets.read(slug)) !== null,
        settings,
        now,
        log: log.child({ provider: slug, credentialId }),
      });
      const measured = measureService(metrics, slug, service);
      const { limits } = provider.metadata;
      if (limits === null) return measured;
      return limitService(measured, (operation) =>
        limiter.pass({ provider: slug, accountId, limits, units: limits.costs[operation] ?? 1 }),
      );
    },
    capabilitiesOf(slug) {
      const metadata = metadataOf(slug);
      if (metadata) return metadata.capabilities;
      throw new CalendarError("INVALID_REQUEST", `there is no calendar provider "${slug}"`);
    },
    async parseNotification(slug, request) {
      const metadata = metadataOf(slug);
      if (!metadata) return null;
      const provider = await catalog.loadProvider(slug);
      if (metadata.capabilities.notifications !== "integration") return provider.parseNotification(request);
      const parsed = provider.parseNotification(request, await secrets.read(slug));
      if (parsed.type !== "introduction" || !(await secrets.introduce(slug, parsed.secret))) return parsed;
      return { type: "handshake", status: 200, contentType: "text/plain", body: "" };
    },
  };
}
