import type { FastifyInstance, FastifyReply } from "fastify";
import type { CodeChallenge } from "../../oauth/pkce.ts";
import { secret } from "../../oauth/secret.ts";
import type { GraphContext } from "../context.ts";
import { APPLICATION_ROLES, describeScope, GRAPH_SCOPES, graphNames } from "../scopes.ts";
import type { GraphAccount } from "../types.ts";
import type { PendingSignIn } from "./IdentityState.ts";
import { IdentityError, invalidRequest } from "./identity-error.ts";
import { adminConsentPage, formPostPage, signInErrorPage, signInPage } from "./sign-in-pages.ts";
import { signsInAt, tenantId } from "./tenants.ts";

interface TenantPath {
  Params: { tenant: string };
}

/** The authorize and admin-consent endpoints of the identity platform with their pages, below `prefix`. */
export function registerSignIn(app: FastifyInstance, context: GraphContext, prefix: string): void {
  const { identity } = context.store;
  const consentPath = `${prefix}/consent`;

  app.get<TenantPath>(`${prefix}/:tenant/oauth2/v2.0/authorize`, (request, reply) => {
    context.stats.count("graph.oauth2.authorize");
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    return refusalsAsPages(reply, () => {
      const pending = readRequest(context, request.params.tenant, query);
      const unknown = pending.scopes.find((scope) => describeScope(scope) === null);
      if (unknown) {
        return redirect(reply, pending, {
          error: "invalid_scope",
          error_description: `AADSTS70011: The provided value for the input parameter 'scope' is not valid. The scope ${unknown} is not valid.`,
        });
      }
      if (query.get("prompt") === "none") {
        // Nobody may be asked, and without a browser session nobody is signed in.
        return redirect(reply, pending, {
          error: "login_required",
          error_description: "AADSTS50058: A silent sign-in request was sent but no user is signed in.",
        });
      }
      identity.pending.set(pending.id, pending);
      const loginHint = query.get("login_hint")?.toLowerCase() ?? null;
      return html(reply, 200, signInPage(consentPath, pending, candidates(context, pending), { loginHint }));
    });
  });

  app.post(consentPath, (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const pending = identity.pending.get(form.get("request") ?? "");
    if (!pending) {
      const message = "This page was answered already or is too old. Start again in the app.";
      return html(reply, 400, signInErrorPage(900561, message));
    }
    if (form.get("decision") !== "accept") {
      identity.pending.delete(pending.id);
      return redirect(reply, pending, {
        error: "access_denied",
        error_subcode: "cancel",
        error_description: "AADSTS65004: User declined to consent to access the app.",
      });
    }
    const email = (form.get("account") || form.get("email") || "").trim().toLowerCase();
    const retry = (error: string) =>
      html(
        reply,
        400,
        signInPage(consentPath, pending, candidates(context, pending), { loginHint: email, error }),
      );
    let account = context.store.accounts.get(email);
    try {
      account ??= context.store.addAccount({
        email,
        ...(pending.tenant === "consumers" ? { personal: true } : {}),
      });
    } catch (error) {
      return retry(error instanceof Error ? error.message : "Choose an account.");
    }
    if (!signsInAt(pending.tenant, account)) {
      return retry(`AADSTS50020: User account '${email}' does not exist in tenant '${pending.tenant}'.`);
    }
    identity.pending.delete(pending.id);
    return redirect(reply, pending, accept(context, pending, account));
  });

  registerAdminConsent(app, context, prefix);
}

function accept(
  context: GraphContext,
  pending: PendingSignIn,
  account: GraphAccount,
): Record<string, string> {
  const { identity } = context.store;
  const granted = graphNames(identity.adminConsent(account.tenantId, pending.clientId));
  const blocked = [...graphNames(pending.scopes)].some(
    (name) => name.startsWith("Calendars.") && !granted.has(name),
  );
  if (blocked && !account.personal && context.faults.behaviours.userConsent === "admin") {
    return {
      error: "consent_required",
      error_description:
        "AADSTS65001: The user or administrator has not consented to use the application. An administrator's consent is needed.",
    };
  }
  identity.allow(account.email, pending.clientId, pending.scopes);
  const { id: _, state: __, responseMode: ___, ...rest } = pending;
  const { code } = identity.issueCode({ ...rest, email: account.email });
  return { code, session_state: secret(12) };
}

/** `adminconsent`: an administrator allows delegated scopes, or with `.default` everything that the sandbox's apps may ask for. */
function registerAdminConsent(app: FastifyInstance, context: GraphContext, prefix: string): void {
  const decisionPath = `${prefix}/adminconsent`;
  app.get<TenantPath>(`${prefix}/:tenant/v2.0/adminconsent`, (request, reply) => {
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    return refusalsAsPages(reply, () => {
      const { tenant } = request.params;
      const clientId = needed(query, "client_id");
      assertRedirect(context, clientId, needed(query, "redirect_uri"));
      tenantId(context.store, tenant);
      const hidden = { ...Object.fromEntries(query), tenant };
      return html(reply, 200, adminConsentPage(decisionPath, clientId, tenant, hidden));
    });
  });

  app.post(decisionPath, (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    return refusalsAsPages(reply, () => {
      const clientId = needed(form, "client_id");
      const redirectUri = needed(form, "redirect_uri");
      assertRedirect(context, clientId, redirectUri);
      const tenant = tenantId(context.store, needed(form, "tenant"));
      const target = new URL(redirectUri);
      const state = form.get("state");
      if (state !== null) target.searchParams.set("state", state);
      if (form.get("decision") === "accept") {
        const asked = (form.get("scope") ?? ".default").split(/\s+/).filter(Boolean);
        const all = asked.some((scope) => scope.endsWith(".default"));
        const scopes = all ? [...Object.keys(GRAPH_SCOPES), ...APPLICATION_ROLES] : asked;
        context.store.identity.allowForTenant(tenant, clientId, scopes);
        target.searchParams.set("admin_consent", "True");
        target.searchParams.set("tenant", tenant);
      } else {
        target.searchParams.set("error", "access_denied");
        target.searchParams.set("error_description", "AADSTS65004: The resource owner declined the request.");
      }
      return reply.redirect(target.toString(), 302);
    });
  });
}

function readRequest(context: GraphContext, tenant: string, query: URLSearchParams): PendingSignIn {
  const clientId = needed(query, "client_id");
  const redirectUri = needed(query, "redirect_uri");
  assertRedirect(context, clientId, redirectUri);
  if (needed(query, "response_type") !== "code") {
    throw invalidRequest(700054, "The sandbox serves response_type=code only.");
  }
  const responseMode = query.get("response_mode") ?? "query";
  if (responseMode !== "query" && responseMode !== "form_post") {
    throw invalidRequest(70007, `The response_mode '${responseMode}' is not supported.`);
  }
  return {
    id: secret(18),
    tenant,
    clientId,
    redirectUri,
    scopes: [...new Set(needed(query, "scope").split(/\s+/).filter(Boolean))],
    state: query.get("state"),
    nonce: query.get("nonce"),
    responseMode,
    challenge: readChallenge(query),
    claims: query.get("claims"),
    createdAtMs: context.store.clock.nowMs(),
  };
}

function needed(values: URLSearchParams, name: string): string {
  const value = values.get(name);
  if (!value) {
    throw invalidRequest(900144, `The request must contain the following parameter: '${name}'.`);
  }
  return value;
}

function assertRedirect(context: GraphContext, clientId: string, redirectUri: string): void {
  const registered = context.store.identity.apps.get(clientId);
  if (!registered || registered.status === "deleted") {
    throw new IdentityError(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${clientId}' was not found in the directory.`,
    );
  }
  const known = [...registered.redirectUris, ...registered.spaRedirectUris];
  if (known.includes(redirectUri)) return;
  throw invalidRequest(
    50011,
    `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'. Registered: ${known.join(", ") || "none"}.`,
  );
}

function readChallenge(query: URLSearchParams): CodeChallenge | null {
  const value = query.get("code_challenge");
  const method = query.get("code_challenge_method") ?? "plain";
  if (!value) return null;
  if (method !== "S256" && method !== "plain") {
    throw invalidRequest(501491, `The code_challenge_method '${method}' is not supported.`);
  }
  return { value, method };
}

function candidates(context: GraphContext, pending: PendingSignIn): string[] {
  return [...context.store.accounts.values()]
    .filter((account) => signsInAt(pending.tenant, account))
    .map(({ email }) => email);
}

function redirect(reply: FastifyReply, pending: PendingSignIn, values: Record<string, string>): FastifyReply {
  const all = { ...values, ...(pending.state === null ? {} : { state: pending.state }) };
  if (pending.responseMode === "form_post") return html(reply, 200, formPostPage(pending.redirectUri, all));
  const target = new URL(pending.redirectUri);
  for (const [name, value] of Object.entries(all)) target.searchParams.set(name, value);
  return reply.redirect(target.toString(), 302);
}

function refusalsAsPages(reply: FastifyReply, answer: () => FastifyReply): FastifyReply {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return html(reply, error.status, signInErrorPage(error.code, error.message));
  }
}

function html(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).header("cache-control", "no-store").type("text/html; charset=utf-8").send(page);
}
