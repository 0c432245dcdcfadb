import type { FastifyRequest, preHandlerAsyncHookHandler } from "fastify";
import plugin from "fastify-plugin";
import type { GuestUse, VisitorLimits } from "../services/visitor-limits/visitor-limits.ts";
import { TooManyRequests } from "./problem.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Hook for routes that show something to whoever asks. */
    limitGuestReads: preHandlerAsyncHookHandler;
    /** Hook for routes by which guests change something; a signed-in user who brings no guest's token is not counted. */
    limitGuestChanges: preHandlerAsyncHookHandler;
  }
}

const REFUSED: Record<GuestUse, string> = {
  read: "Too many requests have come from your address in the last minute.",
  change: "Too many bookings have been made or changed from your address in the last hour.",
};

/** Limits what strangers may use from one address; refused with 429 and `Retry-After`. */
export const visitorLimitsPlugin = plugin(
  async (app, { visitors }: { visitors: VisitorLimits }) => {
    const limit = async (use: GuestUse, request: FastifyRequest) => {
      const waitMs = await visitors.take(use, request.ip);
      if (waitMs > 0) throw new TooManyRequests(REFUSED[use], Math.ceil(waitMs / 1_000));
    };
    app.decorate("limitGuestReads", (request) => limit("read", request));
    app.decorate("limitGuestChanges", async (request) => {
      const token = (request.body as { token?: string } | null | undefined)?.token;
      if (request.viewer !== null && token === undefined) return;
      await limit("change", request);
    });
  },
  { name: "calsync-visitor-limits" },
);
