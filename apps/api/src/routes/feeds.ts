import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { createFeedSchema, feedSchema, partsQuerySchema, toFeed } from "../dto/calendar-files.ts";
import { userIdOf } from "../plugins/auth.ts";

const DAY_MS = 86_400_000;
/** The longest stretch that one file is written for. */
const LONGEST_EXPORT_DAYS = 800;
const MEDIA_TYPE = "text/calendar; charset=utf-8";

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The signed-in user's schedule as a file, and the secret addresses under which others may read it. */
export function feedRoutes({ ics, now }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    const tags = ["Calendar files"];
    const preHandler = app.requireUser;

    app.get(
      "/v1/calendar.ics",
      {
        preHandler,
        schema: {
          tags,
          summary: "Your schedule as an iCalendar file",
          querystring: z.object({
            from: instant.optional().describe("Start of the range; 30 days ago when left out."),
            to: instant
              .optional()
              .describe(
                `End of the range, at most ${LONGEST_EXPORT_DAYS} days later; a year ahead when left out.`,
              ),
            parts: partsQuerySchema,
            details: z
              .enum(["true", "false"])
              .default("true")
              .describe("`false`: only when you are busy, without titles, places and people."),
          }),
          response: { 200: z.string().describe("`text/calendar` (RFC 5545).") },
        },
      },
      async (request, reply) => {
        const { parts, details } = request.query;
        const today = now().getTime();
        const start = request.query.from ?? new Date(today - 30 * DAY_MS);
        const end = request.query.to ?? new Date(today + 365 * DAY_MS);
        const days = (end.getTime() - start.getTime()) / DAY_MS;
        if (days <= 0 || days > LONGEST_EXPORT_DAYS) {
          throw new AppError(
            "invalid",
            "range_unusable",
            `"to" is up to ${LONGEST_EXPORT_DAYS} days after "from".`,
          );
        }
        const pieces = await ics.exportSchedule(userIdOf(request), {
          name: "calsync",
          range: { start, end },
          parts,
          details: details === "true",
        });
        reply.header("content-disposition", 'attachment; filename="calsync.ics"');
        reply.header("cache-control", "private, no-store");
        return reply.type(MEDIA_TYPE).send([...pieces].join(""));
      },
    );

    app.get(
      "/v1/calendar-feeds",
      {
        preHandler,
        schema: {
          tags,
          summary: "List feeds",
          response: { 200: z.object({ feeds: z.array(feedSchema) }) },
        },
      },
      async (request) => ({ feeds: (await ics.feeds.list(userIdOf(request))).map(toFeed) }),
    );

    app.post(
      "/v1/calendar-feeds",
      {
        preHandler,
        schema: {
          tags,
          summary: "Make a feed",
          description:
            "Whoever has its address can read the feed, so it is secret: it is told this once, and kept as a hash.",
          body: createFeedSchema,
          response: { 201: z.object({ feed: feedSchema, url: z.url() }) },
        },
      },
      async (request, reply) => {
        const { feed, url } = await ics.feeds.create(userIdOf(request), request.body);
        return reply.code(201).send({ feed: toFeed(feed), url });
      },
    );

    app.delete(
      "/v1/calendar-feeds/:id",
      {
        preHandler,
        schema: {
          tags,
          summary: "Withdraw a feed",
          params: z.object({ id: z.uuid() }),
          response: { 204: z.undefined().describe("Its address answers 404 from now on.") },
        },
      },
      async (request, reply) => {
        await ics.feeds.revoke(userIdOf(request), request.params.id);
        return reply.code(204).send();
      },
    );

    app.get(
      "/v1/feeds/:token.ics",
      {
        config: { secretInPath: true },
        schema: {
          tags,
          security: [],
          summary: "A feed, for calendars that subscribe to it",
          description:
            "Needs no session and sets no cookie. Answers 304 to an If-None-Match with the current ETag.",
          params: z.object({ token: z.string().max(100) }),
          response: {
            200: z.string().describe("`text/calendar` (RFC 5545)."),
            304: z.undefined().describe("The schedule is as the reader has it."),
          },
        },
      },
      async (request, reply) => {
        const { text, etag } = await ics.feeds.read(request.params.token);
        reply.headers({
          etag,
          "cache-control": "private, no-cache",
          "x-robots-tag": "noindex",
          "content-disposition": 'inline; filename="calsync.ics"',
        });
        if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
        return reply.type(MEDIA_TYPE).send(text);
      },
    );
  };
}

/** Whether the header names the ETag; proxies that compress make it weak (RFC 9110 §13.1.2 compares weakly). */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? "")
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""))
    .some((one) => one === etag || one === "*");
}
