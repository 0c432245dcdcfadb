import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { parseNotification } from "./notification.ts";

const SECRET = "secret_of-the-webhook";
const TABLE = "7b1b1b1b-0000-4000-8000-000000000001";

/** A delivery as Notion makes it: signed over the bytes that are sent, or over others. */
function deliver(
  body: unknown,
  { signed, method = "POST" }: { signed?: string | null; method?: string } = {},
) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const over = signed === undefined ? text : signed;
  const signature = over === null ? null : createHmac("sha256", SECRET).update(over).digest("hex");
  const headers = signature === null ? {} : { "x-notion-signature": `sha256=${signature}` };
  return parseNotification({ method, headers, query: {}, body: new TextEncoder().encode(text) }, SECRET);
}
const event = (type: string, entityType = "page", data: object = { parent: { data_source_id: TABLE } }) => ({
  id: crypto.randomUUID(),
  type,
  entity: { id: crypto.randomUUID(), type: entityType },
  data,
});

test.each([
  "page.created",
  "page.properties_updated",
  "page.content_updated",
  "page.deleted",
  "page.undeleted",
  "page.moved",
  "page.something_of_next_year",
])("%s names the table that is to be read again, and nothing else counts", (type) => {
  expect(deliver(event(type))).toEqual({ type: "resources", resourceIds: [TABLE] });
});

test("an event of the table itself names it, and what is in no table is taken and leads to nothing", () => {
  const schema = { ...event("data_source.schema_updated", "data_source", {}) };
  expect(deliver(schema)).toEqual({ type: "resources", resourceIds: [schema.entity.id] });
  expect(deliver(event("comment.created", "comment", {}))).toEqual({ type: "resources", resourceIds: [] });
});

test("the signature is over the bytes as they came: the same JSON written anew is refused", () => {
  const body = event("page.created");
  expect(deliver(JSON.stringify(body, null, 1)).type).toBe("resources");
  expect(deliver(JSON.stringify(body, null, 1), { signed: JSON.stringify(body) }).type).toBe("refused");
});

test("what is not signed, not posted, no event or for no webhook of ours is refused", () => {
  expect(deliver(event("page.created"), { signed: null }).type).toBe("refused");
  expect(deliver(event("page.created"), { method: "GET" }).type).toBe("refused");
  expect(deliver("{").type).toBe("refused");
  const body = new TextEncoder().encode(JSON.stringify(event("page.created")));
  const unknown = parseNotification({ method: "POST", headers: {}, query: {}, body }, null);
  expect(unknown).toMatchObject({ type: "refused", reason: "no webhook of Notion is set up here" });
});

test("a handshake brings its token, signed or not; whether it counts is not said here", () => {
  const body = { verification_token: "secret_brought" };
  for (const signed of [undefined, null])
    expect(deliver(body, signed === null ? { signed } : {})).toEqual({
      type: "introduction",
      secret: "secret_brought",
    });
});
