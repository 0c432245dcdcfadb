import type { ChangePage } from "@calsync/types";
import { expect, test } from "vitest";
import { readAhead } from "./read-ahead.ts";

const page = (cursor: string, complete = false): ChangePage => ({
  changes: [],
  cursor,
  complete,
  full: true,
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the next page is asked for while one is worked on, and none beyond it", async () => {
  const asked: number[] = [];
  async function* list() {
    for (let number = 1; number <= 4; number++) {
      asked.push(number);
      yield page(String(number), number === 4);
    }
  }
  const seen: string[] = [];
  for await (const { cursor } of readAhead(list, new AbortController().signal)) {
    await settled();
    seen.push(`${cursor} of ${asked.length}`);
  }
  expect(seen).toEqual(["1 of 2", "2 of 3", "3 of 4", "4 of 4"]);
});

test("an error comes after the pages before it", async () => {
  async function* list() {
    yield page("1");
    yield page("2");
    throw new Error("the server broke down");
  }
  const seen: string[] = [];
  const reading = async () => {
    for await (const { cursor } of readAhead(list, new AbortController().signal)) {
      await settled();
      seen.push(cursor);
    }
  };
  await expect(reading()).rejects.toThrow("broke down");
  expect(seen).toEqual(["1", "2"]);
});

test("whoever stops is not held up by the page that is on its way, which is broken off", async () => {
  let inner: AbortSignal | undefined;
  async function* list(signal: AbortSignal) {
    inner = signal;
    yield page("1");
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
  const reading = async () => {
    for await (const _ of readAhead(list, new AbortController().signal)) throw new Error("the commit failed");
  };
  await expect(reading()).rejects.toThrow("the commit failed");
  expect(inner?.aborted).toBe(true);
});

test("behind the last page nothing is asked for before its time", async () => {
  let ended = false;
  async function* list() {
    yield page("1", true);
    ended = true;
  }
  for await (const _ of readAhead(list, new AbortController().signal)) {
    await settled();
    expect(ended).toBe(false);
  }
  expect(ended).toBe(true);
});
