import { describe, expect, test } from "vitest";
import { HOST, hour, type NotionWorld, notionWorld, title } from "./test-support.ts";

const query = ({ call, dataSourceId }: NotionWorld, body: object = {}) =>
  call("POST", `data_sources/${dataSourceId}/query`, { body });

async function ids(world: NotionWorld, body: object = {}): Promise<string[]> {
  return (await query(world, body)).body.results.map((row: { id: string }) => row.id);
}

describe("versions", () => {
  test("1: a request without Notion-Version returns 400 missing_version", async () => {
    const { call } = await notionWorld();
    const answer = await call("GET", "users/me", { version: null });
    expect([answer.status, answer.body.code, answer.body.object]).toEqual([400, "missing_version", "error"]);
  });

  test("2: under 2022-06-28 a database with two data sources cannot be queried, and /data_sources is no path (switch: works)", async () => {
    const { call, notion, databaseId, dataSourceId } = await notionWorld();
    const version = "2022-06-28";
    expect((await call("POST", `databases/${databaseId}/query`, { version })).status).toBe(200);
    notion.createDataSource(databaseId, "Second");
    const two = await call("POST", `databases/${databaseId}/query`, { version });
    expect([two.status, two.body.code]).toEqual([400, "validation_error"]);
    const path = await call("GET", `data_sources/${dataSourceId}`, { version });
    expect([path.status, path.body.code]).toEqual([400, "invalid_request_url"]);
    notion.faults.set({ oldVersionDataSources: "works" });
    expect((await call("GET", `data_sources/${dataSourceId}`, { version })).status).toBe(200);
  });

  test("3: a database's id is no data source's, nor the other way round: 404 object_not_found", async () => {
    const { call, databaseId, dataSourceId } = await notionWorld();
    const source = await call("GET", `data_sources/${databaseId}`);
    const database = await call("GET", `databases/${dataSourceId}`);
    expect([source.status, source.body.code]).toEqual([404, "object_not_found"]);
    expect([database.status, database.body.code]).toEqual([404, "object_not_found"]);
    expect((await call("GET", `databases/${databaseId}`)).body.data_sources).toMatchObject([
      { id: dataSourceId },
    ]);
  });

  test("4: under 2026-03-11 there is in_trash and no archived; earlier versions have both", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    const now = await call("GET", `pages/${id}`, { version: "2026-03-11" });
    expect(now.body).toMatchObject({ in_trash: false });
    expect(now.body).not.toHaveProperty("archived");
    expect((await call("GET", `pages/${id}`)).body).toMatchObject({ in_trash: false, archived: false });
  });

  test("5: ids without hyphens are accepted and returned with them", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    expect((await call("GET", `pages/${id.replaceAll("-", "")}`)).body.id).toBe(id);
  });

  test("6: rows name their data source and database from 2025-09-03 on, before that the database alone", async () => {
    const { call, notion, databaseId, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    expect((await call("GET", `pages/${id}`)).body.parent).toEqual({
      type: "data_source_id",
      data_source_id: dataSourceId,
      database_id: databaseId,
    });
    expect((await call("GET", `pages/${id}`, { version: "2022-06-28" })).body.parent).toEqual({
      type: "database_id",
      database_id: databaseId,
    });
  });
});

describe("queries", () => {
  test("7: a page of a query holds at most 100 rows, may be short, and ends only with has_more false (switch: capped)", async () => {
    const world = await notionWorld();
    const { notion, dataSourceId } = world;
    for (let row = 0; row < 130; row++) notion.addRow(HOST, dataSourceId, {});
    const first = await query(world);
    expect([first.body.results.length, first.body.has_more]).toEqual([100, true]);
    const rest = await query(world, { start_cursor: first.body.next_cursor });
    expect([rest.body.results.length, rest.body.has_more, rest.body.next_cursor]).toEqual([30, false, null]);
    notion.faults.add({ fault: "shortPage", times: 1 });
    const short = await query(world, { page_size: 50 });
    expect([short.body.results.length, short.body.has_more]).toEqual([25, true]);
    expect((await query(world, { page_size: 101 })).body.code).toBe("validation_error");
    notion.faults.set({ largePageSize: "capped" });
    expect((await query(world, { page_size: 101 })).body.results).toHaveLength(100);
  });

  test("8: 10,050 rows stop at 10,000, incomplete; a new query from the last created_time gets the rest", async () => {
    const world = await notionWorld();
    const { notion, dataSourceId, client } = world;
    for (let row = 0; row < 10_050; row++) {
      if (row === 9_990) await notion.advanceTime(60_000);
      notion.addRow(HOST, dataSourceId, {});
    }
    const sorts = [{ timestamp: "created_time" as const, direction: "ascending" as const }];
    const seen = new Set<string>();
    let last = "";
    let cursor: string | undefined;
    let incomplete = false;
    do {
      const page = await client.dataSources.query({
        data_source_id: dataSourceId,
        sorts,
        page_size: 100,
        ...(cursor ? { start_cursor: cursor } : {}),
      });
      for (const row of page.results) {
        seen.add(row.id);
        if ("created_time" in row) last = row.created_time;
      }
      cursor = page.next_cursor ?? undefined;
      incomplete = "request_status" in page && page.request_status?.type === "incomplete";
    } while (cursor);
    expect([seen.size, incomplete]).toEqual([10_000, true]);
    const filter = { timestamp: "created_time", created_time: { on_or_after: last } };
    for (const id of await ids(world, { filter, sorts })) seen.add(id);
    expect(seen.size).toBe(10_050);
  }, 60_000);

  test("9: without sorts the order changes between identical queries (switch)", async () => {
    const world = await notionWorld();
    for (let row = 0; row < 20; row++) world.notion.addRow(HOST, world.dataSourceId, {});
    expect(await ids(world)).toEqual(await ids(world));
    world.notion.faults.set({ shuffleUnsorted: true });
    expect(await ids(world)).not.toEqual(await ids(world));
  });

  test("10: last_edited_time has whole minutes, and is equal for two edits in one", async () => {
    const { notion, dataSourceId, client } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    const stamps: string[] = [];
    for (const name of ["First", "Second"]) {
      notion.editRow(HOST, id, { Name: title(name) });
      const page = await client.pages.retrieve({ page_id: id });
      stamps.push("last_edited_time" in page ? page.last_edited_time : "");
      await notion.advanceTime(10_000);
    }
    expect(stamps).toEqual(["2026-06-01T08:00:00.000Z", "2026-06-01T08:00:00.000Z"]);
  });

  test("11: on_or_after the rounded stamp includes both edits, after excludes them", async () => {
    const world = await notionWorld();
    const edited = [0, 1].map(() => world.notion.addRow(HOST, world.dataSourceId, {}));
    const filter = (operator: string) => ({
      filter: { timestamp: "last_edited_time", last_edited_time: { [operator]: "2026-06-01T08:00:00.000Z" } },
    });
    expect((await ids(world, filter("on_or_after"))).sort()).toEqual(edited.sort());
    expect(await ids(world, filter("after"))).toEqual([]);
  });

  test("12: a filter deeper than two levels, an unknown property or a wrong operator returns 400", async () => {
    const world = await notionWorld();
    const leaf = { property: "Name", title: { equals: "x" } };
    expect((await query(world, { filter: { and: [{ or: [leaf] }] } })).status).toBe(200);
    for (const filter of [
      { and: [{ or: [{ and: [leaf] }] }] },
      { property: "Nowhere", rich_text: { equals: "x" } },
      { property: "Name", title: { on_or_after: "2026-01-01" } },
      { property: "Name", date: { on_or_after: "2026-01-01" } },
    ]) {
      const answer = await query(world, { filter });
      expect([answer.status, answer.body.code]).toEqual([400, "validation_error"]);
    }
  });

  test("13: filter values without a zone are UTC and compared to the millisecond", async () => {
    const world = await notionWorld();
    const id = world.notion.addRow(HOST, world.dataSourceId, { Date: hour(9, 10) });
    const since = (value: string) =>
      ids(world, { filter: { property: "Date", date: { on_or_after: value } } });
    expect(await since("2026-06-09T10:00:00")).toEqual([id]);
    expect(await since("2026-06-09T10:00:00.001")).toEqual([]);
    expect(await since("2026-06-09T12:00:00+02:00")).toEqual([id]);
  });

  test("14: a trashed row is absent from queries, and reading it gives it with the flag", async () => {
    const world = await notionWorld();
    const id = world.notion.addRow(HOST, world.dataSourceId, {});
    world.notion.trashRow(HOST, id);
    expect(await ids(world)).toEqual([]);
    expect((await world.call("GET", `pages/${id}`)).body).toMatchObject({ id, in_trash: true });
    world.notion.trashRow(HOST, id, false);
    expect(await ids(world)).toEqual([id]);
  });

  test("16: an unshared page returns the same 404 as one that does not exist, apart from ids", async () => {
    const { call, notion, dataSourceId, tokens } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    notion.unshare(tokens.botId, id);
    const never = "12345678-1234-4123-8123-123456789012";
    const [hidden, missing] = [await call("GET", `pages/${id}`), await call("GET", `pages/${never}`)];
    expect(hidden.status).toBe(404);
    const { request_id: _, ...body } = hidden.body;
    const { request_id: __, ...other } = missing.body;
    expect({ ...body, message: body.message.replace(id, "") }).toEqual({
      ...other,
      message: other.message.replace(never, ""),
    });
  });

  test("30: a page just made may be missing from queries for a time", async () => {
    const world = await notionWorld();
    world.notion.faults.set({ indexLagMs: 5_000 });
    const parent = { type: "data_source_id" as const, data_source_id: world.dataSourceId };
    const made = await world.client.pages.create({ parent, properties: { Name: title("New") } });
    expect(await ids(world)).toEqual([]);
    await world.notion.advanceTime(5_000);
    expect(await ids(world)).toEqual([made.id]);
  });
});
