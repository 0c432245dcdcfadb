import { createHmac } from "node:crypto";
import type { Sandbox } from "@calsync/provider-sandbox";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

const SECRET = "secret_webhook-token-of-the-installation";

let world: ApiWorld;
let notion: Sandbox["notion"];
let host: SignedIn;
let connectionId: number;

beforeAll(async () => {
  world = await createApiWorld({}, (sandbox) => ({ NOTION_API_URL: sandbox.url }));
  notion = world.sandbox.notion;
  notion.createAccount({ email: "host@notion.test" });
  notion.createPage("host@notion.test", "Work");
  const { databaseId } = notion.createDatabase({ email: "host@notion.test", title: "Appointments" });
  const page = [...notion.context.store.pages.keys()];
  const { accessToken } = notion.createInternalIntegration({
    email: "host@notion.test",
    share: [databaseId, ...page],
  });
  host = await world.signUp("host");
  const answer = await host.send("POST", "/v1/connections/notioncalendar/form", { token: accessToken });
  connectionId = answer.json().connectionId;
});
afterAll(() => world.close());

const tablesPath = () => `/v1/connections/${connectionId}/tables`;
async function appointments(): Promise<string> {
  const { calendars } = (await host.get(`/v1/connections/${connectionId}/calendars`)).json();
  return calendars.find((one: { name: string }) => one.name === "Appointments").id;
}

test("a workspace is connected by its integration's secret, and its databases are calendars with columns", async () => {
  const { providers } = (await host.get("/v1/providers")).json();
  expect(providers.find((one: { slug: string }) => one.slug === "notioncalendar")).toMatchObject({
    auth: "token",
    configured: true,
    tables: true,
  });
  const { table } = (await host.get(`${tablesPath()}/${await appointments()}`)).json();
  const named = Object.fromEntries(
    table.columns.map((column: { id: string; name: string }) => [column.id, column.name]),
  );
  const columns = Object.entries(table.guess.columns as Record<string, string>);
  expect(Object.fromEntries(columns.map(([field, id]) => [field, named[id]]))).toEqual({
    title: "Name",
    time: "Date",
    description: "Notes",
    location: "Place",
    status: "Status",
  });
  expect(table).toMatchObject({ mapping: null, problems: [], guess: { cancelledOption: "Cancelled" } });
});

test("a mapping is checked before it is stored, and each column that does not fit is named", async () => {
  const path = `${tablesPath()}/${await appointments()}`;
  const { table } = (await host.get(path)).json();
  const { description: notes, ...columns } = table.guess.columns;
  const wrong = { ...table.guess, columns: { ...columns, time: notes, location: "gone" } };
  const refused = await host.send("PUT", path, wrong);
  expect(refused.statusCode).toBe(400);
  expect(refused.json()).toMatchObject({
    code: "mapping_invalid",
    errors: [{ path: "columns.time" }, { path: "columns.location" }],
  });
  const chosen = { ...table.guess, columns, others: "hidden" };
  const answer = await host.send("PUT", path, chosen);
  expect(answer.statusCode).toBe(200);
  expect(answer.json().table).toMatchObject({ mapping: chosen, problems: [] });
});

test("a database is made for bookings on a page, mapped; and another user reaches none of it", async () => {
  const { places } = (await host.get(`/v1/connections/${connectionId}/table-places`)).json();
  expect(places.map(({ name }: { name: string }) => name)).toEqual(["Work"]);
  const made = await host.send("POST", tablesPath(), { name: "Bookings", placeId: places[0].id });
  expect(made.statusCode).toBe(201);
  expect(made.json().table.mapping.columns).toHaveProperty("link");
  const stranger = await world.signUp("stranger");
  const calendarId = made.json().table.calendarId;
  expect((await stranger.get(`${tablesPath()}/${calendarId}`)).json().code).toBe("connection_not_found");
});

test("a webhook's secret is taken once and while it is expected; what it signs leads to pulls of the tables named", async () => {
  const { notificationSecrets } = world.container;
  const notify = (body: object, secret = SECRET) => {
    const payload = JSON.stringify(body);
    const signature = createHmac("sha256", secret).update(payload).digest("hex");
    return world.app.inject({
      method: "POST",
      url: "/v1/notifications/notioncalendar",
      headers: { "content-type": "application/json", "x-notion-signature": `sha256=${signature}` },
      payload,
    });
  };
  const introduction = { verification_token: SECRET };
  expect((await notify(introduction)).statusCode).toBe(404);
  await notificationSecrets.expect("notioncalendar", new Date(Date.now() + 60_000));
  expect((await notify(introduction)).statusCode).toBe(200);
  expect((await notify({ verification_token: "secret_another" }, "secret_another")).statusCode).toBe(404);
  expect(await notificationSecrets.read("notioncalendar")).toBe(SECRET);

  const calendarId = await appointments();
  await host.send("PUT", "/v1/destination", { connectionId, calendarId });
  const { prisma } = world.database;
  const sync = await prisma.calendarSync.findFirstOrThrow({ where: { externalCalendarId: calendarId } });
  await prisma.calendarSubscription.updateMany({
    where: { calendarSyncId: sync.id },
    data: { status: "ACTIVE", providerSubscriptionId: "channel-1", providerResourceId: calendarId },
  });
  const event = {
    type: "page.properties_updated",
    entity: { id: crypto.randomUUID(), type: "page" },
    data: { parent: { id: crypto.randomUUID(), type: "database", data_source_id: calendarId } },
  };
  expect((await notify(event, "secret_wrong")).statusCode).toBe(400);
  const before = await prisma.calendarSync.findUniqueOrThrow({ where: { id: sync.id } });
  expect(before.lastNotificationAt).toBeNull();
  expect((await notify(event)).statusCode).toBe(204);
  const after = await prisma.calendarSync.findUniqueOrThrow({ where: { id: sync.id } });
  expect(after.lastNotificationAt).not.toBeNull();
  expect(world.logged()).not.toContain(SECRET);
});
