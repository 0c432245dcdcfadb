import { describe, expect, test } from "vitest";
import { HOST, notionWorld, title } from "./test-support.ts";

describe("limits and failures", () => {
  test("33: a burst of 180 passes, the 181st request in a window of 60 seconds returns 429 with when to come back", async () => {
    const { call, notion } = await notionWorld({ quota: "documented" });
    for (let request = 0; request < 180; request++) expect((await call("GET", "users/me")).status).toBe(200);
    await notion.advanceTime(15_000);
    const refused = await call("GET", "users/me");
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([
      429,
      "rate_limited",
      "45",
    ]);
    expect(refused.body.additional_data).toEqual({
      rate_limit_reason: "public_api_request_rate_limit",
      retry_after: "45",
    });
    await notion.advanceTime(45_000);
    expect((await call("GET", "users/me")).status).toBe(200);
  });

  test("34: a workspace's own limit can fire earlier, and ask for more than a minute", async () => {
    const { call, notion } = await notionWorld();
    notion.faults.set({ workspaceLimit: { requests: 1, windowMs: 300_000 } });
    await call("GET", "users/me");
    const refused = await call("GET", "users/me");
    expect(refused.body.additional_data).toEqual({
      rate_limit_reason: "public_api_space_request_rate_limit",
      retry_after: "300",
    });
  });

  test("35: public_api_request_blocked persists whatever the wait", async () => {
    const { call, notion } = await notionWorld();
    notion.faults.set({ blocked: true });
    for (let wait = 0; wait < 3; wait++) {
      const refused = await call("GET", "users/me");
      expect(refused.body.additional_data.rate_limit_reason).toBe("public_api_request_blocked");
      await notion.advanceTime(3_600_000);
    }
  });

  test("36: 529 with Retry-After, and 502 and 504 that are not JSON, can strike any method", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    notion.faults.add({ fault: "overload", method: "dataSources.query", times: 1, retryAfterSeconds: 7 });
    const overload = await call("POST", `data_sources/${dataSourceId}/query`);
    expect([overload.status, overload.body.code, overload.headers.get("retry-after")]).toEqual([
      529,
      "service_overload",
      "7",
    ]);
    for (const status of [502, 504]) {
      notion.faults.add({ fault: "notJson", status, times: 1 });
      const answer = await call("GET", "users/me");
      expect([answer.status, typeof answer.body]).toEqual([status, "string"]);
    }
  });

  test("a lost answer has taken effect, a dropped connection has not", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    const write = (name: string) =>
      call("PATCH", `pages/${id}`, { body: { properties: { Name: title(name) } } });
    notion.faults.add({ fault: "loseAnswer", method: "pages.*", times: 1 });
    await expect(write("Written")).rejects.toThrow();
    expect(notion.text(id, "Name")).toBe("Written");
    notion.faults.add({ fault: "dropConnection", times: 1 });
    await expect(write("Not written")).rejects.toThrow();
    expect(notion.text(id, "Name")).toBe("Written");
  });
});
