import { describe, expect, test } from "vitest";
import { HOST, type NotionWorld, notionWorld, request } from "../test-support.ts";

const CLIENT = { clientId: "0f0f0f0f-1111-4222-8333-444444444444", clientSecret: "secret:with:colons" };
const REDIRECT = "https://calsync.example/callback";

const basic = (secret = CLIENT.clientSecret) =>
  `Basic ${Buffer.from(`${CLIENT.clientId}:${secret}`).toString("base64")}`;

async function oauthWorld() {
  const world = await notionWorld({ notionClients: [{ ...CLIENT, redirectUris: [REDIRECT] }] });
  const oauth = (endpoint: string, body: unknown, authorization = basic()) =>
    request(`${world.sandbox.url}/v1/oauth/${endpoint}`, "POST", body, { authorization });
  return { ...world, oauth };
}

function authorizeUrl({ sandbox }: NotionWorld, params: Record<string, string | null> = {}): string {
  const url = new URL(`${sandbox.url}/v1/oauth/authorize`);
  const all = {
    client_id: CLIENT.clientId,
    redirect_uri: REDIRECT,
    response_type: "code",
    owner: "user",
    state: "s 1",
  };
  for (const [name, value] of Object.entries({ ...all, ...params }))
    if (value !== null) url.searchParams.set(name, value);
  return url.href;
}

/** Goes through the picker page; gives where it redirects to. */
async function consent(
  world: NotionWorld,
  params: Record<string, string | null> = {},
  decision = "allow",
): Promise<URL> {
  const page = await (await fetch(authorizeUrl(world, params))).text();
  const id = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const response = await fetch(`${world.sandbox.url}/v1/oauth/authorize/consent`, {
    method: "POST",
    body: new URLSearchParams({ request: id, account: HOST, database: world.databaseId, decision }),
    redirect: "manual",
  });
  return new URL(response.headers.get("location") ?? "");
}

async function connect(world: Awaited<ReturnType<typeof oauthWorld>>) {
  const code = (await consent(world)).searchParams.get("code");
  return (await world.oauth("token", { grant_type: "authorization_code", code, redirect_uri: REDIRECT }))
    .body;
}

describe("Notion's OAuth", () => {
  test("1: an address that is not registered is refused without a redirect", async () => {
    const world = await oauthWorld();
    const answer = await fetch(authorizeUrl(world, { redirect_uri: "https://evil.example" }), {
      redirect: "manual",
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
  });

  test("2: the state comes back unchanged, also with access_denied", async () => {
    const world = await oauthWorld();
    expect((await consent(world)).searchParams.get("state")).toBe("s 1");
    const denied = await consent(world, {}, "cancel");
    expect([denied.searchParams.get("error"), denied.searchParams.get("state")]).toEqual([
      "access_denied",
      "s 1",
    ]);
  });

  test("3: a code works once", async () => {
    const world = await oauthWorld();
    const code = (await consent(world)).searchParams.get("code");
    const body = { grant_type: "authorization_code", code, redirect_uri: REDIRECT };
    const first = await world.oauth("token", body);
    expect(first.body).toMatchObject({ token_type: "bearer", refresh_token: expect.stringMatching(/^nrt_/) });
    expect(first.body.owner.user.person.email).toBe(HOST);
    const second = await world.oauth("token", body);
    expect([second.status, second.body.code]).toEqual([400, "invalid_grant"]);
  });

  test("9: a refresh gives two new tokens and ends the old ones (switch: tolerated; switch: no refresh token)", async () => {
    const world = await oauthWorld();
    const first = await connect(world);
    const refresh = (token: string) =>
      world.oauth("token", { grant_type: "refresh_token", refresh_token: token });
    const second = (await refresh(first.refresh_token)).body;
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await refresh(first.refresh_token)).body.code).toBe("invalid_grant");
    expect((await world.call("GET", "users/me", { token: first.access_token })).status).toBe(401);
    expect((await world.call("GET", "users/me", { token: second.access_token })).status).toBe(200);
    world.notion.faults.set({ refreshRotation: "tolerated" });
    expect((await refresh(first.refresh_token)).status).toBe(200);
    world.notion.faults.set({ refreshRotation: "none" });
    expect((await connect(world)).refresh_token).toBeNull();
  });

  test("23: 429 and 500 of the token endpoint leave the grant intact", async () => {
    const world = await oauthWorld();
    const { refresh_token } = await connect(world);
    const refresh = () => world.oauth("token", { grant_type: "refresh_token", refresh_token });
    world.notion.faults.add({ fault: "rateLimit", method: "oauth.token", times: 1 });
    world.notion.faults.add({ fault: "serverError", method: "oauth.token", times: 1 });
    expect([(await refresh()).status, (await refresh()).status, (await refresh()).status].sort()).toEqual([
      200, 429, 500,
    ]);
  });

  test("26: JSON with Basic is required, and errors come as an envelope or as a pair (switch)", async () => {
    const world = await oauthWorld();
    const wrong = await world.oauth(
      "token",
      { grant_type: "refresh_token", refresh_token: "x" },
      basic("wrong"),
    );
    expect([wrong.status, wrong.body.code]).toEqual([401, "invalid_client"]);
    const form = await fetch(`${world.sandbox.url}/v1/oauth/token`, {
      method: "POST",
      headers: { authorization: basic() },
      body: new URLSearchParams({ grant_type: "refresh_token" }),
    });
    expect(form.status).toBe(400);
    world.notion.faults.set({ oauthErrors: "error" });
    const pair = await world.oauth("token", { grant_type: "refresh_token", refresh_token: "x" });
    expect(pair.body).toMatchObject({ error: "invalid_grant", error_description: expect.any(String) });
  });

  test("28: of concurrent refreshes with one token exactly one succeeds", async () => {
    const world = await oauthWorld();
    const { refresh_token } = await connect(world);
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => world.oauth("token", { grant_type: "refresh_token", refresh_token })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("29: an exchange names the address when the authorization did, and must not when it did not", async () => {
    const world = await oauthWorld();
    const grant = { grant_type: "authorization_code" };
    const named = (await consent(world)).searchParams.get("code");
    expect((await world.oauth("token", { ...grant, code: named })).body.code).toBe("invalid_grant");
    const unnamed = (await consent(world, { redirect_uri: null })).searchParams.get("code");
    expect((await world.oauth("token", { ...grant, code: unnamed, redirect_uri: REDIRECT })).status).toBe(
      400,
    );
    expect((await world.oauth("token", { ...grant, code: unnamed })).status).toBe(200);
  });

  test("30: introspection reports a revoked token as not active, and calls with it return 401", async () => {
    const world = await oauthWorld();
    const { access_token: token } = await connect(world);
    expect((await world.oauth("introspect", { token })).body).toMatchObject({ active: true });
    await world.oauth("revoke", { token });
    expect((await world.oauth("introspect", { token })).body).toMatchObject({ active: false });
    const call = await world.call("GET", "users/me", { token });
    expect([call.status, call.body.code]).toEqual([401, "unauthorized"]);
  });
});
