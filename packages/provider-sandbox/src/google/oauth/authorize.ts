import type { FastifyInstance, FastifyReply } from "fastify";
import { secret } from "../../oauth/secret.ts";
import type { GoogleContext } from "../context.ts";
import { canonicalScope, describeScope } from "../scopes.ts";
import type { PendingAuthorization } from "./AuthorizationState.ts";
import { authorizationErrorPage, consentPage } from "./consent-page.ts";

/** A refusal that is shown to the person instead of being redirected. */
class AuthorizationError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, explanation: string) {
    super(explanation);
    this.status = status;
    this.code = code;
  }
}

/** The authorization endpoint and its consent page. */
export function registerAuthorize(app: FastifyInstance, context: GoogleContext): void {
  app.get("/o/oauth2/v2/auth", (request, reply) => {
    context.stats.count("oauth2.authorize");
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    try {
      const pending = readRequest(context, query);
      if (query.get("prompt")?.split(" ").includes("none")) {
        // Nobody may be asked, and without a browser session nobody is signed in.
        return redirect(reply, pending, { error: "interaction_required" });
      }
      context.store.oauth.pending.set(pending.id, pending);
      const accounts = [...context.store.accounts.values()].filter((account) => !account.serviceAccount);
      const page = consentPage(pending, accounts, {
        loginHint: query.get("login_hint")?.toLowerCase() ?? null,
      });
      return html(reply, 200, page);
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      return html(reply, error.status, authorizationErrorPage(error.status, error.code, error.message));
    }
  });

  app.post("/o/oauth2/v2/auth/consent", (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const pending = context.store.oauth.pending.get(form.get("request") ?? "");
    if (!pending) {
      const explanation = "This consent page was answered already or is too old. Start again in the app.";
      return html(reply, 400, authorizationErrorPage(400, "invalid_request", explanation));
    }
    if (form.get("decision") !== "allow") {
      context.store.oauth.pending.delete(pending.id);
      return redirect(reply, pending, { error: "access_denied" });
    }
    const email = (form.get("account") || form.get("email") || "").trim().toLowerCase();
    if (!context.store.accounts.has(email)) {
      try {
        context.store.addAccount({ email });
      } catch (error) {
        const accounts = [...context.store.accounts.values()].filter((account) => !account.serviceAccount);
        const message = error instanceof Error ? error.message : "Choose an account.";
        return html(reply, 400, consentPage(pending, accounts, { loginHint: email, error: message }));
      }
    }
    context.store.oauth.pending.delete(pending.id);
    return redirect(reply, pending, allow(context, pending, email, form.getAll("scope")));
  });
}

function allow(
  context: GoogleContext,
  pending: PendingAuthorization,
  email: string,
  ticked: string[],
): Record<string, string> {
  const { oauth } = context.store;
  const projectId = oauth.clients.get(pending.clientId)?.projectId ?? pending.clientId;
  const firstConsent = oauth.grant(email, projectId) === undefined;
  const granted = pending.scopes
    .filter((scope) => describeScope(scope)?.identity || ticked.includes(scope))
    .map(canonicalScope);
  const all = oauth.allow(email, projectId, granted).scopes;
  const { id: _, state: __, ...rest } = pending;
  const grantedScopes = pending.includeGranted ? all : granted;
  const { code } = oauth.issueCode({ ...rest, email, grantedScopes, firstConsent });
  return { code, scope: grantedScopes.join(" "), authuser: "0", prompt: "consent" };
}

function readRequest(context: GoogleContext, query: URLSearchParams): PendingAuthorization {
  const needed = (name: string): string => {
    const value = query.get(name);
    if (!value) throw new AuthorizationError(400, "invalid_request", `Missing required parameter: ${name}`);
    return value;
  };
  const clientId = needed("client_id");
  const client = context.store.oauth.clients.get(clientId);
  if (!client) throw new AuthorizationError(401, "invalid_client", "The OAuth client was not found.");
  if (client.status === "deleted")
    throw new AuthorizationError(401, "deleted_client", "The OAuth client was deleted.");
  const redirectUri = needed("redirect_uri");
  if (!client.redirectUris.includes(redirectUri)) {
    const known = client.redirectUris.length > 0 ? client.redirectUris.join(", ") : "none";
    throw new AuthorizationError(
      400,
      "redirect_uri_mismatch",
      `The redirect URI ${redirectUri} is not registered for ${clientId}. Registered: ${known}.`,
    );
  }
  if (needed("response_type") !== "code") {
    throw new AuthorizationError(
      400,
      "unsupported_response_type",
      "The sandbox serves response_type=code only.",
    );
  }
  const scopes = [...new Set(needed("scope").split(/\s+/).filter(Boolean))];
  const unknown = scopes.filter((scope) => !describeScope(scope));
  if (unknown.length > 0) {
    throw new AuthorizationError(
      400,
      "invalid_scope",
      `Some requested scopes were invalid: ${unknown.join(", ")}`,
    );
  }
  return {
    id: secret(18),
    clientId,
    redirectUri,
    scopes,
    state: query.get("state"),
    nonce: query.get("nonce"),
    offline: query.get("access_type") === "offline",
    forceConsent: query.get("prompt")?.split(" ").includes("consent") ?? false,
    includeGranted: query.get("include_granted_scopes") === "true",
    challenge: readChallenge(query),
    createdAtMs: context.store.clock.nowMs(),
  };
}

function readChallenge(query: URLSearchParams): PendingAuthorization["challenge"] {
  const value = query.get("code_challenge");
  const method = query.get("code_challenge_method") ?? "plain";
  if (!value) return null;
  if (method !== "S256" && method !== "plain") {
    throw new AuthorizationError(400, "invalid_request", `Invalid code_challenge_method: ${method}`);
  }
  return { value, method };
}

function redirect(
  reply: FastifyReply,
  pending: PendingAuthorization,
  values: Record<string, string>,
): FastifyReply {
  const target = new URL(pending.redirectUri);
  if (pending.state !== null) target.searchParams.set("state", pending.state);
  for (const [name, value] of Object.entries(values)) target.searchParams.set(name, value);
  return reply.redirect(target.toString(), 302);
}

function html(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).header("cache-control", "no-store").type("text/html; charset=utf-8").send(page);
}
