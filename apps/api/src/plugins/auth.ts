import { AppError } from "@calsync/lib";
import cookie from "@fastify/cookie";
import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from "fastify";
import plugin from "fastify-plugin";
import type { ApiKeyScope } from "../repositories/ApiKeyRepository.ts";
import type { AuthService, Viewer } from "../services/auth.ts";

/** Name of the cookie that holds the session's token. */
export const SESSION_COOKIE = "calsync_session";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null until a route's hook has looked, and for strangers. */
    viewer: Viewer | null;
  }
  interface FastifyInstance {
    /** Hook for routes that only a signed-in user may use; sets `request.viewer`. */
    requireUser: preHandlerAsyncHookHandler;
    /** Hook for routes that strangers may use too; sets `request.viewer` when somebody is signed in. */
    recogniseUser: preHandlerAsyncHookHandler;
    /** Hook for routes that an API key may not use, such as making further keys. */
    requireSession: preHandlerAsyncHookHandler;
  }
}

/**
 * Cookies and bearer keys. Routes choose a hook; one without a hook never reads the database for it, which keeps the
 * notification route quick.
 */
export const authPlugin = plugin(
  async (app, { auth, secureCookie }: { auth: AuthService; secureCookie: boolean }) => {
    await app.register(cookie);
    app.decorateRequest("viewer", null);

    const recognise = async (request: FastifyRequest): Promise<Viewer | null> => {
      const bearer = bearerOf(request);
      if (bearer !== null) {
        const viewer = await auth.viewerOfApiKey(bearer);
        if (viewer) return viewer;
        throw new AppError("unauthorized", "invalid_api_key", "This API key is unknown, revoked or expired.");
      }
      const token = sessionTokenOf(request);
      return token === null ? null : auth.viewerOfSession(token);
    };

    app.decorate("recogniseUser", async (request) => {
      request.viewer = await recognise(request);
      if (request.viewer) checkScope(request, request.viewer);
    });
    const requireUser = async (request: FastifyRequest, reply: FastifyReply) => {
      request.viewer = await recognise(request);
      if (request.viewer) return checkScope(request, request.viewer);
      if (sessionTokenOf(request) !== null) clearSessionCookie(reply, secureCookie);
      throw new AppError("unauthorized", "not_signed_in", "You have to sign in first.", {
        hint: "POST /v1/session, or send an API key as a bearer token.",
      });
    };
    app.decorate("requireUser", requireUser);
    app.decorate("requireSession", async (request, reply) => {
      await requireUser(request, reply);
      if (viewerOf(request).via === "session") return;
      throw new AppError("forbidden", "session_required", "An API key may not do this; sign in instead.");
    });
  },
  { name: "calsync-auth" },
);

/** The signed-in user of a route behind `requireUser`. */
export function viewerOf(request: FastifyRequest): Viewer {
  if (!request.viewer)
    throw new Error(`route ${request.routeOptions.url} asks for a viewer without requiring one`);
  return request.viewer;
}

/** Id of the signed-in user of a route behind `requireUser`. */
export function userIdOf(request: FastifyRequest): number {
  return viewerOf(request).user.id;
}

/** The session's token as the browser sent it. */
export function sessionTokenOf(request: FastifyRequest): string | null {
  return request.cookies[SESSION_COOKIE] || null;
}

/** The credentials of an `Authorization: Bearer …` header. */
export function bearerOf(request: FastifyRequest): string | null {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? null;
}

/** Signs a browser in. @param secure whether the cookie is sent over https alone */
export function setSessionCookie(reply: FastifyReply, secure: boolean, token: string, expires: Date): void {
  reply.setCookie(SESSION_COOKIE, token, { ...cookieOptions(secure), expires });
}

/** Signs a browser out. */
export function clearSessionCookie(reply: FastifyReply, secure: boolean): void {
  reply.clearCookie(SESSION_COOKIE, cookieOptions(secure));
}

/** Lax, not Strict: the OAuth callback is a navigation that begins at the provider, and needs the session. */
function cookieOptions(secure: boolean) {
  return { path: "/", httpOnly: true, sameSite: "lax", secure } as const;
}

function checkScope(request: FastifyRequest, viewer: Viewer): void {
  const reads = request.method === "GET" || request.method === "HEAD";
  const needed: ApiKeyScope = reads ? "read" : "write";
  if (viewer.scopes.includes(needed) || viewer.scopes.includes("write")) return;
  throw new AppError("forbidden", "scope_missing", `This API key lacks the scope "${needed}".`);
}
