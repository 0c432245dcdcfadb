import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "./test-support/api-world.ts";

let world: ApiWorld;
let user: SignedIn;
beforeAll(async () => {
  world = await createApiWorld();
  user = await world.signUp("host");
});
afterAll(() => world.close());

interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  minLength?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}
interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Values that fit a schema and make no sense: text that no database stores, numbers beyond every column, ids of nothing. */
function fill(schema: Schema, document: OpenApi, numbers: number, text: string): unknown {
  const known = schema.$ref ? document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] : schema;
  if (!known) return null;
  const { properties, items, anyOf, oneOf } = known;
  const again = (one: Schema) => fill(one, document, numbers, text);
  const [first] = anyOf ?? oneOf ?? [];
  if (first) return again(first);
  if (known.const !== undefined) return known.const;
  if (known.enum) return known.enum[0];
  if (properties)
    return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, again(one)]));
  if (items) return [again(items)];
  if (known.type === "number" || known.type === "integer") return numbers;
  if (known.type === "boolean") return false;
  if (known.type !== "string") return {};
  if (known.format === "uuid") return NOTHING;
  if (known.format === "date-time") return "2030-01-07T08:00:00.000Z";
  if (known.format === "date") return "2030-01-07";
  if (known.format === "email") return "nobody@example.com";
  return text;
}

const NOTHING = "00000000-0000-4000-8000-000000000000";

test("whatever is asked, the answer is what was asked for or a problem that says what is wrong, and never our failure", {
  timeout: 300_000,
}, async () => {
  const document: OpenApi = (await world.app.inject({ url: "/openapi.json" })).json();
  const failures: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    if (/stream|session|health|ready|livez/.test(path)) continue;
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods)) {
      const json = requestBody?.content["application/json"]?.schema;
      for (const [numbers, text, inPath] of [
        [2_147_483_648, "a\u0000b", "%00"],
        [9_007_199_254_740_991, "x".repeat(5_000), "9999999999999"],
      ] as const) {
        const query = parameters
          .filter((one) => one.in === "query")
          .map(
            ({ name, schema }) =>
              `${name}=${encodeURIComponent(String(fill(schema, document, numbers, text)))}`,
          );
        const url = `${path.replaceAll(/\{\w+\}/g, inPath)}${query.length > 0 ? `?${query.join("&")}` : ""}`;
        const bodies = json ? [fill(json, document, numbers, text), []] : [undefined];
        for (const body of bodies) {
          const answer = await world.app.inject({
            method: method.toUpperCase() as "POST",
            url,
            headers: {
              cookie: user.cookie,
              "x-calsync-csrf": "1",
              ...(body === undefined ? {} : { "content-type": "application/json" }),
            },
            ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
          });
          const { statusCode: status } = answer;
          const isProblem = /problem\+json/.test(String(answer.headers["content-type"]));
          if (status >= 500 || (status >= 400 && !(isProblem && answer.json().detail)))
            failures.push(
              `${method.toUpperCase()} ${url.slice(0, 120)} ${JSON.stringify(body)?.slice(0, 200)}: ${status} ${answer.body.slice(0, 120)}`,
            );
        }
      }
    }
  }
  expect(failures).toEqual([]);
});
