import { describe, expect, test } from "vitest";
import { HOST, hour, type NotionWorld, notionWorld, text, title } from "./test-support.ts";

const create = ({ call, dataSourceId }: NotionWorld, properties: object) =>
  call("POST", "pages", {
    body: { parent: { type: "data_source_id", data_source_id: dataSourceId }, properties },
  });

describe("writes", () => {
  test("29: two creations with the same body make two pages", async () => {
    const world = await notionWorld();
    const [first, second] = [
      await create(world, { Name: title("Twice") }),
      await create(world, { Name: title("Twice") }),
    ];
    expect(first.body.id).not.toBe(second.body.id);
    expect(world.notion.rows(world.dataSourceId)).toHaveLength(2);
  });

  test("17: a page moved to another data source leaves the query, keeps its id and shows the new parent", async () => {
    const { notion, client, dataSourceId, databaseId } = await notionWorld();
    const other = notion.createDataSource(databaseId, "Archive");
    const id = notion.addRow(HOST, dataSourceId, { Name: title("Moves"), Date: hour(9, 10) });
    await client.pages.move({ page_id: id, parent: { type: "data_source_id", data_source_id: other } });
    expect(notion.rows(dataSourceId)).toEqual([]);
    expect(notion.row(id)).toMatchObject({ id, parent: { data_source_id: other } });
  });

  test("31: of overlapping writes to one page some are refused with 409, change nothing, and succeed when repeated", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    notion.faults.set({ conflictChance: 1 });
    const id = notion.addRow(HOST, dataSourceId, {});
    const write = (name: string) =>
      call("PATCH", `pages/${id}`, { body: { properties: { Name: title(name) } } });
    const answers = await Promise.all(["a", "b", "c", "d", "e", "f"].map(write));
    const refused = answers.filter(({ status }) => status === 409);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    for (const { body } of refused) expect(body.code).toBe("conflict_error");
    expect((await write("again")).status).toBe(200);
    expect(notion.text(id, "Name")).toBe("again");
    notion.faults.add({ fault: "conflict", method: "pages.update", times: 1 });
    expect((await write("lost")).status).toBe(409);
    expect(notion.text(id, "Name")).toBe("again");
  });

  test("32: If-Match is ignored", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    const body = { properties: { Name: title("Whatever") } };
    expect((await call("PATCH", `pages/${id}`, { body, headers: { "if-match": '"old"' } })).status).toBe(200);
  });

  test("37: a creation can be saved and still answer 503, with what was made and how to go on", async () => {
    const world = await notionWorld();
    world.notion.faults.add({ fault: "savedButUnavailable", times: 1 });
    const answer = await create(world, { Name: title("Saved") });
    expect([answer.status, answer.body.code]).toEqual([503, "service_unavailable"]);
    const [made] = world.notion.rows(world.dataSourceId);
    expect(answer.body.additional_data).toMatchObject({
      committed_resource_id: made,
      retry_guidance: expect.any(Array),
    });
  });

  test("38: a date with a zone and an offset, or a zone and no time, returns 400 (switch: accepted)", async () => {
    const world = await notionWorld();
    const both = { start: "2026-06-09T10:00:00+02:00", time_zone: "Europe/Berlin" };
    expect((await create(world, { Date: { date: both } })).body.code).toBe("validation_error");
    const day = { start: "2026-06-09", time_zone: "Europe/Berlin" };
    expect((await create(world, { Date: { date: day } })).body.code).toBe("validation_error");
    world.notion.faults.set({ acceptZoneWithOffset: true });
    expect((await create(world, { Date: { date: both } })).status).toBe(200);
  });

  test("39: a date written with a zone is returned with an offset and no zone", async () => {
    const world = await notionWorld();
    const date = { start: "2026-06-09T10:00:00", end: "2026-06-09T11:30:00", time_zone: "Europe/Berlin" };
    expect((await create(world, { Date: { date } })).body.properties.Date.date).toEqual({
      start: "2026-06-09T10:00:00.000+02:00",
      end: "2026-06-09T11:30:00.000+02:00",
      time_zone: null,
    });
  });

  test("40: the end of days is stored and returned as sent, included", async () => {
    const world = await notionWorld();
    const date = { start: "2026-06-09", end: "2026-06-10" };
    expect((await create(world, { Date: { date } })).body.properties.Date.date).toEqual({
      ...date,
      time_zone: null,
    });
    const mixed = await create(world, {
      Date: { date: { start: "2026-06-09", end: "2026-06-09T10:00:00Z" } },
    });
    const backwards = await create(world, { Date: { date: { start: "2026-06-09", end: "2026-06-08" } } });
    expect([mixed.status, backwards.status]).toEqual([400, 400]);
  });

  test("41: null and empty lists clear, and properties that are not named stay", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const values = { Name: title("Stays"), Date: hour(9, 10), Notes: text("Gone"), Place: text("Stays too") };
    const id = notion.addRow(HOST, dataSourceId, values);
    await call("PATCH", `pages/${id}`, {
      body: { properties: { Date: { date: null }, Notes: { rich_text: [] } } },
    });
    const { properties } = notion.row(id) as { properties: Record<string, Record<string, unknown>> };
    expect([properties["Date"]?.["date"], properties["Notes"]?.["rich_text"]]).toEqual([null, []]);
    expect([notion.text(id, "Name"), notion.text(id, "Place")]).toEqual(["Stays", "Stays too"]);
  });

  test("42: unknown names change nothing, a renamed property keeps its id, and unknown fields can be added", async () => {
    const { call, notion, dataSourceId, client } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, { Name: title("Before") });
    const body = { properties: { Name: title("After"), Nowhere: text("x") } };
    const answer = await call("PATCH", `pages/${id}`, { body });
    expect([answer.status, answer.body.code, notion.text(id, "Name")]).toEqual([
      400,
      "validation_error",
      "Before",
    ]);

    const schema = async () =>
      (await client.dataSources.retrieve({ data_source_id: dataSourceId })).properties;
    const before = (await schema())["Date"]?.id;
    expect(before).toMatch(/%3A$/);
    notion.changeColumn(HOST, dataSourceId, "Date", { name: "When" });
    expect((await schema())["When"]?.id).toBe(before);
    const byId = { properties: { [decodeURIComponent(before ?? "")]: hour(9, 10) } };
    expect((await call("PATCH", `pages/${id}`, { body: byId })).status).toBe(200);

    notion.faults.set({ extraFields: true });
    expect((await call("GET", `pages/${id}`)).body).toHaveProperty("field_of_the_future");
  });

  test("43: more than 2000 characters in one segment return 400, in two they are taken", async () => {
    const world = await notionWorld();
    const long = "x".repeat(2_001);
    expect((await create(world, { Notes: text(long) })).body.code).toBe("validation_error");
    const split = {
      rich_text: [long.slice(0, 2_000), long.slice(2_000)].map((content) => ({ text: { content } })),
    };
    expect((await create(world, { Notes: split })).status).toBe(200);
  });

  test("44: editing a property of a trashed page returns 400, unless it is taken out of the trash", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, { Name: title("Before") });
    notion.trashRow(HOST, id);
    const properties = { Name: title("After") };
    const refused = await call("PATCH", `pages/${id}`, { body: { properties } });
    expect([refused.status, refused.body.code]).toEqual([400, "validation_error"]);
    expect((await call("PATCH", `pages/${id}`, { body: { in_trash: false, properties } })).status).toBe(200);
    expect(notion.text(id, "Name")).toBe("After");
  });

  test("options of selects are made when they are first written, those of a status are not", async () => {
    const world = await notionWorld();
    world.notion.changeColumn(HOST, world.dataSourceId, "Kind", { type: "select" });
    expect((await create(world, { Kind: { select: { name: "New" } } })).status).toBe(200);
    expect((await create(world, { Kind: { select: { name: "a, b" } } })).status).toBe(400);
    expect((await create(world, { Status: { status: { name: "New" } } })).status).toBe(400);
  });

  test("a connection without a capability is refused, and one without reading sees ids alone", async () => {
    const { call, notion, dataSourceId } = await notionWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    const { accessToken: token } = notion.createInternalIntegration({
      email: HOST,
      capabilities: { read: false, update: false },
    });
    const refused = await call("PATCH", `pages/${id}`, { token, body: { in_trash: true } });
    expect([refused.status, refused.body.code]).toEqual([403, "restricted_resource"]);
    expect((await call("GET", `pages/${id}`, { token })).body).toEqual({ object: "page", id });
  });

  test("a database is made on a page, with its columns, and the connection that made it sees it", async () => {
    const { client, notion, tokens } = await notionWorld();
    const pageId = notion.createPage(HOST, "Work");
    notion.share(tokens.botId, pageId);
    const database = await client.databases.create({
      parent: { type: "page_id", page_id: pageId },
      title: [{ text: { content: "Made" } }],
      initial_data_source: { properties: { Title: { title: {} }, When: { date: {} } } },
    });
    const id = "data_sources" in database ? (database.data_sources[0]?.id ?? "") : "";
    const { properties } = await client.dataSources.retrieve({ data_source_id: id });
    expect(Object.values(properties).map(({ name, type }) => [name, type])).toEqual([
      ["Title", "title"],
      ["When", "date"],
    ]);
    const found = await client.search({ filter: { property: "object", value: "data_source" } });
    expect(found.results.map((one) => one.id)).toContain(id);
  });
});
