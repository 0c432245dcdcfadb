import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storableTextPlugin } from "./storable-text.ts";

let app: FastifyInstance;
beforeAll(async () => {
  app = Fastify();
  await app.register(storableTextPlugin);
  app.post("/", async () => "taken");
  await app.ready();
});
afterAll(() => app.close());

const post = (payload: string) =>
  app.inject({ method: "POST", url: "/", headers: { "content-type": "application/json" }, payload });

test("a NUL character is found in values and names, however deep", async () => {
  for (const body of [{ a: [{ b: "x\u0000" }] }, { a: { "x\u0000": 1 } }, ["\u0000"]]) {
    expect((await post(JSON.stringify(body))).body).toContain("NUL");
  }
  expect((await post(JSON.stringify({ a: [{ b: "x" }, 1, null] }))).body).toBe("taken");
});

test("a body that is nested a hundred thousand times is looked through like any other", async () => {
  const nested = (inner: string) => `${"[".repeat(100_000)}${inner}${"]".repeat(100_000)}`;
  expect((await post(nested("1"))).body).toBe("taken");
  expect((await post(nested('"\\u0000"'))).body).toContain("NUL");
});
