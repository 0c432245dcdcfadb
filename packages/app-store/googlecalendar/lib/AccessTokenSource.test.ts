import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AccessTokenSource } from "./AccessTokenSource.ts";
import { parseSettings } from "./settings.ts";

const NOW = new Date("2027-06-01T00:00:00.000Z");

interface TokenAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The token endpoint, scripted: refusals that no simulated account can be brought to give. */
let server: Server;
let answer: TokenAnswer;
let forms: URLSearchParams[];
let now: Date;

beforeEach(async () => {
  forms = [];
  now = NOW;
  answer = { status: 200, body: { access_token: "fresh", expires_in: 3_599, token_type: "Bearer" } };
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    forms.push(new URLSearchParams(body));
    await new Promise((resolve) => setTimeout(resolve, 20));
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function credential(secondsLeft: number): MemoryCredential {
  return new MemoryCredential({
    accessToken: "old",
    accessTokenExpiresAt: new Date(NOW.getTime() + secondsLeft * 1_000).toISOString(),
    refreshToken: "refresh-1",
    scope: "calendar",
    grantEndsAt: null,
  });
}

function source(access: MemoryCredential): AccessTokenSource {
  const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const settings = parseSettings({ clientId: "client", clientSecret: "s3cret", tokenUrl, timeoutMs: 5_000 });
  const log = { debug: () => undefined, warn: () => undefined };
  return new AccessTokenSource({ credential: access, now: () => now, log }, settings);
}

describe("access tokens", () => {
  test("a token that lasts more than a minute is used as it is", async () => {
    expect(await source(credential(61)).get()).toBe("old");
    expect(forms).toEqual([]);
  });

  test("a token in its last minute is renewed, and the refresh token stays", async () => {
    const access = credential(60);
    expect(await source(access).get()).toBe("fresh");
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: "client",
      client_secret: "s3cret",
    });
    expect(access.secret).toEqual({
      accessToken: "fresh",
      accessTokenExpiresAt: "2027-06-01T00:59:59.000Z",
      refreshToken: "refresh-1",
      scope: "calendar",
      grantEndsAt: null,
    });
  });

  test("a rotated refresh token and the end of a limited grant are stored", async () => {
    answer.body = {
      access_token: "fresh",
      expires_in: 100,
      refresh_token: "refresh-2",
      refresh_token_expires_in: 86_400,
      scope: "calendar openid",
    };
    const access = credential(0);
    await source(access).get();
    expect(access.secret).toMatchObject({
      refreshToken: "refresh-2",
      scope: "calendar openid",
      grantEndsAt: "2027-06-02T00:00:00.000Z",
    });
  });

  test("a token that ends while it is held is renewed", async () => {
    const tokens = source(credential(3_600));
    expect(await tokens.get()).toBe("old");
    now = new Date(NOW.getTime() + 3_600_000);
    expect(await tokens.get()).toBe("fresh");
  });

  test("twenty calls in four processes renew once", async () => {
    const access = credential(0);
    const processes = Array.from({ length: 4 }, () => source(access));
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => processes[i % 4]?.get()));
    expect(new Set(tokens)).toEqual(new Set(["fresh"]));
    expect(forms).toHaveLength(1);
    expect(access.rotations).toBe(1);
  });

  test("a refused token that another process has renewed already is not renewed again", async () => {
    const access = credential(3_600);
    const tokens = source(access);
    await tokens.get();
    access.secret = { ...access.secret, accessToken: "newer" };
    expect(await tokens.renew("old")).toBe("newer");
    expect(forms).toEqual([]);
  });

  test("a token that is refused though it should last is renewed", async () => {
    expect(await source(credential(3_600)).renew("old")).toBe("fresh");
  });

  test.each([
    [{ error: "invalid_grant", error_description: "Token has been expired or revoked." }, "invalid_grant"],
    [{ error: "invalid_grant", error_subtype: "invalid_rapt" }, "invalid_grant/invalid_rapt"],
  ])("%j ends the credential", async (body, reason) => {
    answer = { status: 400, body };
    const access = credential(0);
    await expect(source(access).get()).rejects.toMatchObject({
      code: "CREDENTIAL_INVALID",
      advice: { retry: "never" },
    });
    expect(access.invalidReason).toBe(reason);
  });

  test("a credential that the user has renewed in the meantime is not marked", async () => {
    answer = { status: 400, body: { error: "invalid_grant" } };
    const access = credential(0);
    const renewal = source(access).get();
    renewal.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
    access.secret = { ...access.secret, refreshToken: "refresh-of-the-new-grant" };
    await expect(renewal).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
    expect(access.invalidReason).toBeNull();
  });

  test.each(["invalid_client", "unauthorized_client", "deleted_client"])(
    "%s is about us and leaves the grant alone",
    async (error) => {
      answer = { status: 401, body: { error } };
      const access = credential(0);
      await expect(source(access).get()).rejects.toMatchObject({
        code: "OAUTH_CLIENT_REFUSED",
        providerReason: error,
      });
      expect(access).toMatchObject({
        invalidReason: null,
        rotations: 0,
        secret: { refreshToken: "refresh-1" },
      });
    },
  );

  test.each<[string, TokenAnswer, number | null]>([
    ["500", { status: 500, body: "<html>" }, null],
    ["503 that names a time", { status: 503, body: "", headers: { "retry-after": "7" } }, 7_000],
    ["429", { status: 429, body: { error: "invalid_grant" } }, null],
    ["temporarily_unavailable", { status: 400, body: { error: "temporarily_unavailable" } }, null],
    ["an error that nobody knows", { status: 400, body: { error: "brand_new_error" } }, null],
    ["a 200 without a token", { status: 200, body: {} }, null],
    ["a 403 of a proxy", { status: 403, body: "Forbidden" }, null],
  ])("%s leaves the grant intact", async (_, given, afterMs) => {
    answer = given;
    const access = credential(0);
    await expect(source(access).get()).rejects.toMatchObject({
      code: "OAUTH_TOKEN_EXPIRED",
      advice: { retry: "later", afterMs },
    });
    expect(access).toMatchObject({
      invalidReason: null,
      rotations: 0,
      secret: { refreshToken: "refresh-1" },
    });
  });

  test("an endpoint that cannot be reached leaves the grant intact, and the next try may succeed", async () => {
    const access = credential(0);
    const tokens = source(access);
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(tokens.get()).rejects.toMatchObject({ code: "OAUTH_TOKEN_EXPIRED" });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    expect(await tokens.get()).toBe("fresh");
    expect(access.invalidReason).toBeNull();
  });

  test("no secret gets into an error", async () => {
    answer = { status: 400, body: { error: "invalid_request", error_description: "refresh-1 s3cret" } };
    const error: unknown = await source(credential(0))
      .get()
      .catch((thrown: unknown) => thrown);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/refresh-1|s3cret|old/);
  });

  test("a stored secret of another make is a credential to connect again", async () => {
    const tokens = source(new MemoryCredential({ accessToken: "old", refreshToken: 7 }));
    const error: unknown = await tokens.get().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CREDENTIAL_INVALID" });
    expect(String(error)).toContain("refreshToken");
    expect(String(error)).not.toContain("old");
  });
});
