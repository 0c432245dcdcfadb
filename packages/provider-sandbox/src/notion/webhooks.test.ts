import { verifyWebhookSignature } from "@notionhq/client";
import { describe, expect, test } from "vitest";
import { MAX_ATTEMPTS } from "./faults.ts";
import { DEFAULT_NOTION_CLIENT } from "./NotionSandbox.ts";
import { HOST, hour, notionWorld, type Received, receiver, text, title } from "./test-support.ts";

const HOUR_MS = 3_600_000;

/** A world with a webhook that is confirmed; what the handshake sent is not among what was received. */
async function webhookWorld(answer?: (received: Received, count: number) => number) {
  const world = await notionWorld();
  const { url, received } = await receiver(answer);
  const webhook = await world.notion.addWebhook(DEFAULT_NOTION_CLIENT.clientId, url);
  world.notion.confirmWebhook(webhook.id, webhook.verificationToken);
  received.length = 0;
  const types = () => received.map(({ body }) => body.type);
  return { ...world, received, types, webhook };
}

const isSigned = ({ raw, headers }: Received, verificationToken: string) =>
  verifyWebhookSignature({ body: raw, signature: String(headers["x-notion-signature"]), verificationToken });

describe("webhooks", () => {
  test("18: the handshake posts the verification token, and no event is sent before it is confirmed", async () => {
    const { notion, dataSourceId } = await notionWorld();
    const { url, received } = await receiver();
    const webhook = await notion.addWebhook(DEFAULT_NOTION_CLIENT.clientId, url);
    expect(received.map(({ body }) => body)).toEqual([{ verification_token: webhook.verificationToken }]);
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    expect(received).toHaveLength(1);
    expect(() => notion.confirmWebhook(webhook.id, "secret_other")).toThrow("not the verification token");
    notion.confirmWebhook(webhook.id, webhook.verificationToken);
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    expect(received).toHaveLength(2);
  });

  test("19, 20: every delivery is signed over the exact bytes, and so is the handshake (switch: unsigned)", async () => {
    const { notion, dataSourceId, received, webhook } = await webhookWorld();
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    const [delivery] = received;
    if (!delivery) throw new Error("nothing came");
    expect(await isSigned(delivery, webhook.verificationToken)).toBe(true);
    expect(await isSigned({ ...delivery, raw: `${delivery.raw} ` }, webhook.verificationToken)).toBe(false);

    const hook = await receiver();
    const signed = await notion.addWebhook(DEFAULT_NOTION_CLIENT.clientId, hook.url);
    notion.faults.set({ signHandshake: false });
    await notion.addWebhook(DEFAULT_NOTION_CLIENT.clientId, hook.url);
    expect(await isSigned(hook.received[0] as Received, signed.verificationToken)).toBe(true);
    expect(hook.received[1]?.headers).not.toHaveProperty("x-notion-signature");
  });

  test("21, 27, 28: five edits within the window give one event, with all property ids and authors and no values", async () => {
    const { notion, dataSourceId, client, received, tokens } = await webhookWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    received.length = 0;
    for (const name of ["a", "b", "c"]) notion.editRow(HOST, id, { Name: title(name) });
    notion.editRow(HOST, id, { Date: hour(9, 10) });
    await client.pages.update({ page_id: id, properties: { Notes: text("Secret words") } });
    await notion.advanceTime(60_000);
    const columns = Object.values(
      (await client.dataSources.retrieve({ data_source_id: dataSourceId })).properties,
    );
    const idOf = (name: string) => columns.find((column) => column.name === name)?.id;
    expect(received).toHaveLength(1);
    const [{ body, raw } = { body: null, raw: "" }] = received;
    expect(body).toMatchObject({
      type: "page.properties_updated",
      entity: { id, type: "page" },
      data: {
        parent: { type: "database", data_source_id: dataSourceId },
        updated_properties: [idOf("Name"), idOf("Date"), idOf("Notes")],
      },
      attempt_number: 1,
    });
    expect(body.data.updated_properties[1]).toContain("%3A");
    expect(body.authors.map((author: { type: string }) => author.type)).toEqual(["person", "bot"]);
    expect(body.authors[1].id).toBe(tokens.botId);
    expect(body.accessible_by).toContainEqual({ id: tokens.botId, type: "bot" });
    expect(raw).not.toContain("Secret words");
  });

  test("27: accessible_by is there for public integrations only", async () => {
    const { notion, dataSourceId } = await notionWorld();
    const { url, received } = await receiver();
    const { integrationId } = notion.createInternalIntegration({ email: HOST });
    const webhook = await notion.addWebhook(integrationId, url);
    notion.confirmWebhook(webhook.id, webhook.verificationToken);
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    expect(received.at(-1)?.body.type).toBe("page.created");
    expect(received.at(-1)?.body).not.toHaveProperty("accessible_by");
  });

  test("22: created and deleted within the window gives no event (switch: only the last)", async () => {
    const { notion, dataSourceId, types } = await webhookWorld();
    notion.trashRow(HOST, notion.addRow(HOST, dataSourceId, {}));
    await notion.advanceTime(60_000);
    expect(types()).toEqual([]);
    notion.faults.set({ cancelledEvents: "last" });
    notion.trashRow(HOST, notion.addRow(HOST, dataSourceId, {}));
    await notion.advanceTime(60_000);
    expect(types()).toEqual(["page.deleted"]);
  });

  test("15, 17: restoring keeps the id and emits page.undeleted; moving emits page.moved", async () => {
    const { notion, dataSourceId, databaseId, received, types } = await webhookWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    const other = notion.createDataSource(databaseId, "Archive");
    await notion.advanceTime(60_000);
    notion.trashRow(HOST, id);
    await notion.advanceTime(60_000);
    notion.trashRow(HOST, id, false);
    await notion.advanceTime(60_000);
    notion.moveRow(HOST, id, other);
    await notion.advanceTime(60_000);
    expect(types()).toEqual(["page.created", "page.deleted", "page.undeleted", "page.moved"]);
    expect(new Set(received.map(({ body }) => body.entity.id))).toEqual(new Set([id]));
    expect(notion.row(id)).toMatchObject({ id, in_trash: false });
  });

  test("23: locks and comments are told at once, everything else after the window", async () => {
    const { notion, dataSourceId, types } = await webhookWorld();
    const id = notion.addRow(HOST, dataSourceId, {});
    notion.lockRow(HOST, id, true);
    notion.addComment(HOST, id);
    await notion.notificationsIdle();
    expect(types().sort()).toEqual(["comment.created", "page.locked"]);
    await notion.advanceTime(60_000);
    expect(types()).toContain("page.created");
  });

  test("24: deliveries can be reordered while the timestamps keep the true order", async () => {
    const { notion, dataSourceId, received } = await webhookWorld();
    notion.faults.add({ fault: "reorderDelivery", times: 1 });
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(1_000);
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    await notion.advanceTime(10);
    const stamps = received.map(({ body }) => body.timestamp);
    expect(stamps).toHaveLength(2);
    expect(stamps).not.toEqual(stamps.toSorted());
  });

  test("25: an endpoint that fails sees attempts 1 to 8 with growing gaps over about a day, then nothing", async () => {
    const { notion, dataSourceId, received, sandbox } = await webhookWorld(() => 500);
    notion.addRow(HOST, dataSourceId, {});
    const at: number[] = [];
    for (let quarter = 0; quarter < 40 * 4; quarter++) {
      const before = received.length;
      await notion.advanceTime(HOUR_MS / 4);
      if (received.length > before) at.push(quarter);
    }
    expect(received.map(({ body }) => body.attempt_number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(received).toHaveLength(MAX_ATTEMPTS);
    const lastAfterHours = (at.at(-1) ?? 0) / 4;
    expect(lastAfterHours).toBeGreaterThan(22);
    expect(lastAfterHours).toBeLessThan(26);
    expect(new Set(received.map(({ body }) => body.id)).size).toBe(1);
    expect(sandbox.notion.rows(dataSourceId)).toHaveLength(1);
  });

  test("26: a redelivery keeps the event's id; events can be dropped or doubled (switch)", async () => {
    let fails = 1;
    const { notion, dataSourceId, received } = await webhookWorld(({ body }) =>
      body.attempt_number === 1 && body.type === "page.created" && fails-- > 0 ? 503 : 200,
    );
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    await notion.advanceTime(60_000);
    expect(received.map(({ body }) => body.attempt_number)).toEqual([1, 2]);
    expect(received[1]?.body.id).toBe(received[0]?.body.id);
    received.length = 0;
    notion.faults.add({ fault: "duplicateDelivery", times: 1 });
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    expect(new Set(received.map(({ body }) => body.id)).size).toBe(1);
    expect(received).toHaveLength(2);
    received.length = 0;
    notion.faults.add({ fault: "dropDelivery", times: 1 });
    notion.addRow(HOST, dataSourceId, {});
    await notion.advanceTime(60_000);
    expect(received).toEqual([]);
  });
});
