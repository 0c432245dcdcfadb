import type { SyncStatus } from "@calsync/calendar-sync";
import { AppError } from "@calsync/lib";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Container } from "../container.ts";
import { attentionSchema, overallSchema, syncStatusSchema } from "../dto/sync.ts";
import { toWire } from "../dto/wire.ts";
import { userIdOf } from "../plugins/auth.ts";

/** How sync stands, and asking for it now. */
export function syncRoutes({ sync }: Container): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/sync/status",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Sync"],
          summary: "How each calendar's sync stands",
          response: { 200: z.object({ calendars: z.array(syncStatusSchema), overall: overallSchema }) },
        },
      },
      async (request) => {
        const calendars = await sync.status(userIdOf(request));
        return { calendars: toWire(calendars), overall: overallOf(calendars) };
      },
    );

    app.get(
      "/v1/attention",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Sync"],
          summary: "How many things wait for the signed-in user",
          description:
            "For a badge on every page; what they are is in the lists: conflicts, external edits, mass changes, connections, sync status and queue.",
          response: { 200: attentionSchema },
        },
      },
      async (request) => {
        const counts = await sync.attention(userIdOf(request));
        return { ...counts, total: Object.values(counts).reduce((sum, count) => sum + count, 0) };
      },
    );

    app.post(
      "/v1/sync/calendars/:id/pull",
      {
        preHandler: app.requireUser,
        schema: {
          tags: ["Sync"],
          summary: "Read a calendar's changes now",
          params: z.object({ id: z.uuid() }),
          response: { 202: z.undefined().describe("A worker will read it in a moment.") },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const standing = await sync.standingOf(userIdOf(request), id);
        if (standing === null) {
          throw new AppError("not-found", "calendar_not_found", "There is no such calendar.", {
            hint: "GET /v1/sync/status lists the calendars.",
          });
        }
        if (standing === "disconnected") {
          throw new AppError(
            "conflict",
            "connection_invalid",
            "The calendar's account has to be connected again.",
            {
              hint: "Connect it again; everything that waits is then read by itself.",
            },
          );
        }
        if (standing === "off" || (await sync.requestPull([id])) === 0) {
          throw new AppError("conflict", "calendar_disabled", "Sync of this calendar is switched off.", {
            hint: "It may be off for the calendar, for you, for one of your teams, or for the whole installation.",
          });
        }
        return reply.code(202).send();
      },
    );
  };
}

/** One word for all calendars together: the worst of what they say. Calendars that are switched off say nothing. */
function overallOf(calendars: readonly SyncStatus[]): "ok" | "working" | "attention" {
  const enabled = calendars.filter((calendar) => calendar.enabled);
  if (enabled.some(({ status, failedPushes }) => status === "failed" || failedPushes > 0)) return "attention";
  const working = enabled.some(({ status, pendingPushes }) => status !== "healthy" || pendingPushes > 0);
  return working ? "working" : "ok";
}
