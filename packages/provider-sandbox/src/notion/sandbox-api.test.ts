import { afterEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../server.ts";
import { receiver } from "./test-support.ts";

const HOST = "host@notion.test";

let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function call(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${sandbox.url}/sandbox/api/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}

describe("what the table page does", () => {
  test("a webhook is set up as in an integration's settings: its token goes to the address alone and is pasted back", async () => {
    sandbox = await startSandbox({ allowHttpCallbacks: true });
    const { url, received } = await receiver();
    const [{ id: integrationId }] = (await call("GET", "notion/webhooks")).body.integrations;
    const { id } = (await call("POST", "notion/webhooks", { integrationId, url })).body;
    const token = received[0]?.body.verification_token;
    const shown = (await call("GET", "notion/webhooks")).body;
    expect(shown.webhooks).toEqual([{ id, integration: "calsync", url, state: "pending" }]);
    expect((await call("POST", `notion/webhooks/${id}/confirm`, { token: "secret_other" })).status).toBe(404);
    expect((await call("POST", `notion/webhooks/${id}/confirm`, { token })).status).toBe(200);
    expect((await call("GET", "notion/webhooks")).body.webhooks[0].state).toBe("active");
    expect((await call("DELETE", `notion/webhooks/${id}`)).status).toBe(204);
    expect((await call("GET", "notion/webhooks")).body.webhooks).toEqual([]);
  });

  test("an address without TLS is refused, unless the sandbox was started to take it", async () => {
    sandbox = await startSandbox();
    const [{ id: integrationId }] = (await call("GET", "notion/webhooks")).body.integrations;
    const { status } = await call("POST", "notion/webhooks", { integrationId, url: "http://127.0.0.1:9/x" });
    expect(status).toBe(400);
  });

  test("a column is renamed and deleted, and faults are switched as those of the other providers", async () => {
    sandbox = await startSandbox();
    sandbox.notion.createAccount({ email: HOST });
    const { dataSourceId } = sandbox.notion.createDatabase({ email: HOST, title: "Appointments" });
    const columns = async () =>
      (await call("GET", `notion/tables/${dataSourceId}`)).body.columns.map(
        (one: { name: string }) => one.name,
      );
    const column = (name: string, next: string | null) =>
      call("PATCH", `notion/tables/${dataSourceId}/columns/${name}`, { account: HOST, name: next });
    await column("Place", "Where");
    await column("Notes", null);
    expect(await columns()).toEqual(["Name", "Date", "Where", "Status"]);

    const rules = [{ fault: "overload", times: 2 }];
    expect((await call("PUT", "faults?provider=notion", { rules })).body.rules).toMatchObject(rules);
    expect((await call("PUT", "faults?provider=notion", { rules: [{ fault: "nonsense" }] })).status).toBe(
      400,
    );
    expect((await call("GET", "stats?provider=notion")).body).toEqual({ calls: {} });
    expect((await call("GET", "accounts?provider=notion")).status).toBe(404);
  });
});
