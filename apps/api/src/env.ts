import { z } from "zod";
import { encryptionKeys, flag, httpUrl, mailboxUrl, port } from "./env-values.ts";

/**
 * Configuration of the API server, the worker, the cron command and the `calsync` command line: one schema, since all of
 * them are built from one container. Read once by each entrypoint with `loadEnv`.
 */
export const apiEnv = z.object({
  NODE_ENV: z
    .enum(["development", "production", "test"])
    .default("development")
    .describe("`development` writes logs as lines for people; the others write JSON, one object per line."),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least level of log lines that are written."),

  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "is not a postgresql:// address" })
    .describe(
      "PostgreSQL 15 to 18: `postgresql://user:password@host:5432/database`. A pooler has to be in session mode.",
    ),
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(6)
    .max(500)
    .default(10)
    .describe(
      "Most database connections of one process, beside one that listens for changes and the worker's own.",
    ),

  API_HOST: z
    .string()
    .default("127.0.0.1")
    .describe("Address that the API listens on; `0.0.0.0` in a container."),
  API_PORT: port.default(3001).describe("Port that the API listens on."),
  API_URL: httpUrl
    .default("http://127.0.0.1:3001")
    .describe("Address under which the API is reached from outside."),
  WEB_URL: httpUrl
    .default("http://localhost:3000")
    .describe(
      "Address of the web app. Links in mails lead there, and so does the OAuth redirect address that is registered at " +
        "providers: `<WEB_URL>/api/v1/oauth/<provider>/callback`.",
    ),
  TRUST_PROXY: z
    .string()
    .default("loopback")
    .describe(
      "Proxies whose `X-Forwarded-*` headers are believed: addresses, subnets or `loopback`, separated by commas, or `none`.",
    ),
  NOTIFICATION_URL: httpUrl
    .optional()
    .describe(
      "Public https address of the API for providers' notifications. Unset: API_URL when it is https, or when the provider is " +
        "a simulator on this machine; otherwise calendars are polled only.",
    ),

  ENCRYPTION_KEYS: encryptionKeys.describe(
    "Keys for secrets of connected accounts: `id:base64` pairs separated by commas, 32 bytes each. The first encrypts, all " +
      "decrypt: to rotate, put a new one in front and keep the old ones.",
  ),
  SESSION_SECRET: z
    .string()
    .transform((text) => text.split(",").map((secret) => secret.trim()))
    .refine(
      (secrets) => secrets.every((secret) => secret.length >= 32),
      "has to be at least 32 characters long",
    )
    .describe(
      "Signs the links with which guests reach their bookings. To change it, put the new one in front of the old one with a " +
        "comma between: links in mails that were sent keep working.",
    ),
  CRON_SECRET: z
    .string()
    .min(16, "has to be at least 16 characters long")
    .optional()
    .describe(
      "Bearer secret of `POST /api/cron/<name>`. Unset: these routes are off, and the worker's own schedule is enough.",
    ),
  METRICS_TOKEN: z
    .string()
    .min(16, "has to be at least 16 characters long")
    .optional()
    .describe("Bearer token of `/metrics`. Unset: it is open to whoever reaches the port."),

  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: "is not a redis:// or rediss:// address" })
    .optional()
    .describe(
      "Where processes share what they have used up of providers' quotas. Unset: in the database, which serves up to some " +
        "hundred calls a second.",
    ),
  CALL_LIMIT_FACTOR: z.coerce
    .number()
    .min(0.01)
    .max(1_000)
    .default(1)
    .describe(
      "Providers' call limits times this: above 1 where the provider has granted more than it documents, below 1 where other " +
        "programs share the quota.",
    ),
  CALL_LIMIT_MAX_WAIT_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(30_000)
    .default(1_000)
    .describe(
      "How long a call may wait for its turn below the limit, in milliseconds; what would wait longer comes back later.",
    ),
  GUEST_CHANGES_PER_HOUR: z.coerce
    .number()
    .int()
    .min(0)
    .default(60)
    .describe(
      "Bookings that guests may make, move or cancel from one address in an hour, over all processes; `0` sets no limit.",
    ),
  GUEST_READS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .default(300)
    .describe(
      "How often booking pages and free times may be read from one address in a minute; `0` sets no limit.",
    ),
  SYNC_FRESH_FOR_MS: z.coerce
    .number()
    .int()
    .min(1_000, "has to be at least 1000")
    .default(5 * 60_000)
    .describe(
      "How old the knowledge of a calendar may be for times to be offered from it, in milliseconds; what is older is asked for at " +
        "the provider. For calendars that are polled.",
    ),
  SYNC_FRESH_WHEN_ANNOUNCED_MS: z.coerce
    .number()
    .int()
    .min(1_000, "has to be at least 1000")
    .default(60 * 60_000)
    .describe("The same for calendars whose changes are announced by their provider."),
  SYNC_BACKOFF_BASE_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(2_000)
    .describe(
      "Pause after the first failure of a pull or push, in milliseconds; it doubles with each further one.",
    ),
  SYNC_BACKOFF_CEILING_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(900_000)
    .describe("Longest pause between tries, in milliseconds."),
  SYNC_PUSH_MAX_TRIES: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(12)
    .describe("Tries of one push before it is kept as failed, to be retried by hand."),
  SYNC_DOCTOR_EVERY_NIGHTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(7)
    .describe(
      "In how many nights each calendar is compared with its bookings as a whole: 7 looks at a seventh of the calendars each night.",
    ),

  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: "is not an smtp:// or smtps:// address" })
    .describe("Mail server: `smtp://user:password@host:587`, or `smtps://` for TLS from the start."),
  MAIL_FROM: z
    .string()
    .default("calsync <bookings@localhost>")
    .describe("Sender of mails: `Name <address>`."),

  INBOX_URL: mailboxUrl
    .optional()
    .describe(
      "Mailbox for invitations and answers by mail: `imaps://user:password@host:993/INBOX`, or `imap://` for STARTTLS (in the clear to " +
        "this machine only). Characters such as `@` in user and password are written `%40`. Unset: they are uploaded by hand.",
    ),
  INBOX_ADDRESS: z
    .email({ error: "is not a mail address" })
    .refine((address) => !address.includes("+"), "must not have a + in it: tags of users are put after one")
    .optional()
    .describe(
      "Address of that mailbox; `name+anything@…` has to arrive there too. Unset: the user of INBOX_URL where that is an address, " +
        "else the one in MAIL_FROM.",
    ),
  INBOX_AUTHSERV_ID: z
    .string()
    .optional()
    .describe(
      "Name under which that mail server writes its `Authentication-Results` (such as `mx.example.com`). Set: mails whose sender it " +
        "does not confirm by DMARC, DKIM or SPF wait for their user. Unset: the sender's address is believed.",
    ),
  INBOX_POLL_MS: z.coerce
    .number()
    .int()
    .min(5_000, "has to be at least 5000")
    .default(60_000)
    .describe("Pause between two looks into the mailbox, in milliseconds."),
  INBOX_MAX_MB: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe("Largest mail that is taken from the mailbox, in megabytes; larger ones are set aside."),

  GOOGLE_CLIENT_ID: z
    .string()
    .optional()
    .describe("OAuth client id from the Google Cloud console. Unset: Google Calendar is not offered."),
  GOOGLE_CLIENT_SECRET: z.string().optional().describe("The secret that belongs to GOOGLE_CLIENT_ID."),
  GOOGLE_API_URL: httpUrl
    .refine((url) => new URL(url).pathname === "/", "must not have a path")
    .default("https://www.googleapis.com")
    .describe(
      "Where the Google Calendar API answers, without a path; the simulator's address to use that instead.",
    ),
  GOOGLE_AUTH_URL: httpUrl
    .default("https://accounts.google.com/o/oauth2/v2/auth")
    .describe("Google's consent page."),
  GOOGLE_TOKEN_URL: httpUrl
    .default("https://oauth2.googleapis.com/token")
    .describe("Google's token endpoint."),
  GOOGLE_REVOKE_URL: httpUrl
    .default("https://oauth2.googleapis.com/revoke")
    .describe("Google's revocation endpoint."),

  MICROSOFT_CLIENT_ID: z
    .string()
    .optional()
    .describe(
      "Application (client) id of the app registration in Microsoft Entra. Unset: Outlook is not offered.",
    ),
  MICROSOFT_CLIENT_SECRET: z
    .string()
    .optional()
    .describe("The client secret that belongs to MICROSOFT_CLIENT_ID; it expires after at most two years."),
  MICROSOFT_TENANT: z
    .string()
    .default("common")
    .describe(
      "Whose accounts may connect: `common` (all), `organizations`, `consumers`, or one tenant's id.",
    ),
  MICROSOFT_API_URL: httpUrl
    .refine((url) => url.startsWith("https:"), "must be an https address")
    .default("https://graph.microsoft.com")
    .describe(
      "Where Microsoft Graph answers, without a version; the simulator's address, or a national cloud's.",
    ),
  MICROSOFT_LOGIN_URL: httpUrl
    .default("https://login.microsoftonline.com")
    .describe("Where the Microsoft identity platform answers, without a tenant."),

  NOTION_CLIENT_ID: z
    .string()
    .optional()
    .describe(
      "OAuth client id of a public Notion integration. Unset: Notion is connected by an internal integration's secret alone.",
    ),
  NOTION_CLIENT_SECRET: z.string().optional().describe("The secret that belongs to NOTION_CLIENT_ID."),
  NOTION_API_URL: httpUrl
    .refine((url) => new URL(url).pathname === "/", "must not have a path")
    .default("https://api.notion.com")
    .describe("Where the Notion API answers, without a path; the simulator's address to use that instead."),

  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(8)
    .describe("Jobs at a time in one worker process."),
  WORKER_HEALTH_PORT: port
    .optional()
    .describe("Port on which the worker answers `/healthz`, `/readyz` and `/metrics`. Unset: it opens none."),
  CRON_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(1_000, "has to be at least 1000")
    .default(60_000)
    .describe("Pause between runs of each cron in the worker's own schedule, in milliseconds."),
  SCHEDULE_CRONS: flag
    .default(true)
    .describe("`false`: the worker runs no crons by itself, because something else calls them."),
  MAIL_SETTLE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(2_000)
    .describe(
      "How long a moved booking may keep moving before people and webhooks are told, in milliseconds.",
    ),

  OUTBOUND_ALLOW: z
    .string()
    .transform((text) =>
      text
        .split(",")
        .map((entry) => entry.trim())
        .filter(Boolean),
    )
    .default([])
    .describe(
      "What users may make us call (webhooks, feeds, CalDAV servers) although it is private or without TLS: hosts' names, addresses and networks, " +
        "separated by commas, such as `hooks.internal,10.0.0.0/8`. Unset: https on the public internet only.",
    ),
  ICS_MAX_MB: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(50)
    .describe("Largest calendar file that users may import, in megabytes."),
  WEBHOOK_MAX_TRIES: z.coerce
    .number()
    .int()
    .min(1)
    .max(50)
    .default(15)
    .describe("Tries per webhook message; the pauses between them double from 5 seconds to 4 hours."),
  WEBHOOK_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe("How long a webhook's receiver may take to answer, in milliseconds."),
  WEBHOOK_DISABLE_AFTER_HOURS: z.coerce
    .number()
    .min(1)
    .default(120)
    .describe("A webhook at which nothing has arrived for so long is switched off, and its owner told."),
});

/** The parsed configuration. */
export type ApiEnv = Readonly<z.output<typeof apiEnv>>;
