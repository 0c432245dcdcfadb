import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLimiter } from "./limiter.ts";

test("tasks of one key run one after another in the order they came", async () => {
  const limiter = createLimiter(10);
  const seen: string[] = [];
  await Promise.all(
    [1, 2, 3].map((n) =>
      limiter.run(7, async () => {
        seen.push(`start ${n}`);
        await sleep(2);
        seen.push(`end ${n}`);
      }),
    ),
  );
  expect(seen).toEqual(["start 1", "end 1", "start 2", "end 2", "start 3", "end 3"]);
});

test("no more than the limit run at once, and all run in the end", async () => {
  const limiter = createLimiter(3);
  let running = 0;
  let most = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, key) =>
      limiter.run(key, async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(1);
        running -= 1;
        return key;
      }),
    ),
  );
  expect(most).toBe(3);
  expect(results).toEqual(Array.from({ length: 20 }, (_, key) => key));
});

test("a task that fails lets the next one of its key run", async () => {
  const limiter = createLimiter(1);
  const failing = limiter.run(1, () => Promise.reject(new Error("no")));
  const after = limiter.run(1, async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await after).toBe("yes");
});
