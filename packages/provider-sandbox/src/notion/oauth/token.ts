import type { NotionContext } from "../context.ts";
import { NotionApiError } from "../errors.ts";
import type { Connection } from "../types.ts";
import type { Integration } from "./NotionAuthorization.ts";

type Body = Record<string, unknown>;

const invalidGrant = (message: string) => new NotionApiError(400, "invalid_grant", message);

/** Answers `token`, `revoke` and `introspect`. @throws NotionApiError */
export function answerOAuth(
  context: NotionContext,
  endpoint: string,
  authorizationHeader: string | undefined,
  body: Body,
): Body {
  const integration = authenticate(context, authorizationHeader);
  switch (endpoint) {
    case "token":
      return answerToken(context, integration, body);
    case "revoke":
      return revoke(context, integration, body);
    case "introspect":
      return introspect(context, body);
    default:
      throw new NotionApiError(400, "invalid_request_url", "Invalid request URL.");
  }
}

function authenticate({ store }: NotionContext, header: string | undefined): Integration {
  const encoded = /^Basic (\S+)$/i.exec(header ?? "")?.[1];
  const [id = "", ...secret] = Buffer.from(encoded ?? "", "base64")
    .toString("utf8")
    .split(":");
  const integration = store.authorization.integrations.get(id);
  if (!integration || integration.clientSecret !== secret.join(":"))
    throw new NotionApiError(401, "invalid_client", "Client authentication failed.");
  return integration;
}

function answerToken(context: NotionContext, integration: Integration, body: Body): Body {
  if (body["grant_type"] === "authorization_code") return exchange(context, integration, body);
  if (body["grant_type"] === "refresh_token") return refresh(context, integration, body);
  throw new NotionApiError(
    400,
    "invalid_request",
    "grant_type should be authorization_code or refresh_token.",
  );
}

function exchange(context: NotionContext, integration: Integration, body: Body): Body {
  const { authorization, connections } = context.store;
  const code = authorization.codes.get(String(body["code"] ?? ""));
  if (!code || code.clientId !== integration.clientId) throw invalidGrant("Invalid code.");
  if (code.used) throw invalidGrant("Invalid code: this code has been revoked.");
  if (context.store.clock.nowMs() >= code.expiresAtMs)
    throw invalidGrant("Invalid code: this code has expired.");
  const given = body["redirect_uri"];
  if (code.redirectUriGiven ? given !== code.redirectUri : given !== undefined)
    throw invalidGrant("The redirect_uri does not match the one of the authorization request.");
  code.used = true;
  const connection = connections.get(code.botId);
  if (!connection) throw invalidGrant("Invalid code.");
  return grant(context, connection);
}

function refresh(context: NotionContext, integration: Integration, body: Body): Body {
  const { authorization, connections } = context.store;
  const held = authorization.refreshTokens.get(String(body["refresh_token"] ?? ""));
  const connection = held && connections.get(held.botId);
  if (!held || !connection || connection.revoked || connection.integrationId !== integration.clientId)
    throw invalidGrant("Invalid refresh token.");
  if (held.used && context.faults.behaviours.refreshRotation !== "tolerated")
    throw invalidGrant("Invalid refresh token: it has been used.");
  held.used = true;
  return grant(context, connection);
}

/** New tokens for an installation; its older access tokens end. */
function grant(context: NotionContext, connection: Connection): Body {
  const { authorization, people, workspaces } = context.store;
  const rotation = context.faults.behaviours.refreshRotation;
  const owner = [...people.values()].find(({ id }) => id === connection.ownerId);
  const accessToken = authorization.issueAccessToken(connection.botId);
  authorization.endAccessTokens(connection.botId, accessToken);
  return {
    access_token: accessToken,
    token_type: "bearer",
    refresh_token: rotation === "none" ? null : authorization.issueRefreshToken(connection.botId),
    bot_id: connection.botId,
    workspace_id: connection.workspaceId,
    workspace_name: workspaces.get(connection.workspaceId)?.name ?? null,
    workspace_icon: null,
    owner: {
      type: "user",
      user: {
        object: "user",
        id: connection.ownerId,
        name: owner?.name ?? null,
        avatar_url: null,
        type: "person",
        person: { email: owner?.email },
      },
    },
    duplicated_template_id: null,
    request_id: crypto.randomUUID(),
  };
}

function revoke(context: NotionContext, integration: Integration, body: Body): Body {
  const { authorization, connections } = context.store;
  const token = String(body["token"] ?? "");
  const held = authorization.accessTokens.get(token) ?? authorization.refreshTokens.get(token);
  const connection = held && connections.get(held.botId);
  if (connection?.integrationId === integration.clientId) {
    connection.revoked = true;
    authorization.endAccessTokens(connection.botId);
  }
  return { request_id: crypto.randomUUID() };
}

function introspect({ store }: NotionContext, body: Body): Body {
  const held = store.authorization.accessTokens.get(String(body["token"] ?? ""));
  const connection = held && store.connections.get(held.botId);
  const active = held !== undefined && !held.dead && connection !== undefined && !connection.revoked;
  return active
    ? {
        active,
        scope: "read_content insert_content update_content",
        iat: held.issuedAtMs,
        request_id: crypto.randomUUID(),
      }
    : { active, request_id: crypto.randomUUID() };
}
