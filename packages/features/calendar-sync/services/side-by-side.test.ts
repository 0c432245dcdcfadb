import { expect, test } from "vitest";
import { sideBySide } from "./side-by-side.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));
const laneOf = (task: string) => task[0] ?? "";

/** What began and ended, in order; each task ends one turn of the loop after it began. */
async function run(tasks: string[], width: number, endsAt?: string): Promise<string[]> {
  const story: string[] = [];
  await sideBySide(tasks, { width, laneOf }, async (task) => {
    story.push(`+${task}`);
    await settled();
    story.push(`-${task}`);
    return task !== endsAt;
  });
  return story;
}

test("one at a time, tasks keep their order", async () => {
  expect(await run(["a1", "b1", "c1"], 1)).toEqual(["+a1", "-a1", "+b1", "-b1", "+c1", "-c1"]);
});

test("no more than the width at once, and never two of one lane", async () => {
  const story = await run(["a1", "a2", "b1", "c1", "d1", "a3"], 3);
  const open = new Set<string>();
  let most = 0;
  for (const step of story) {
    const task = step.slice(1);
    if (step.startsWith("-")) open.delete(task);
    else {
      expect([...open].map(laneOf)).not.toContain(laneOf(task));
      open.add(task);
      most = Math.max(most, open.size);
    }
  }
  expect(most).toBe(3);
  expect(story.filter((step) => step.startsWith("+a"))).toEqual(["+a1", "+a2", "+a3"]);
  expect(story).toHaveLength(12);
});

test("when one says that it is enough, those under way end and no other begins", async () => {
  expect(await run(["a1", "b1", "c1", "d1"], 2, "a1")).toEqual(["+a1", "+b1", "-a1", "-b1"]);
});

test("an error is thrown when everything that had begun has ended", async () => {
  let ended = false;
  const working = sideBySide(["a1", "b1", "c1"], { width: 2, laneOf }, async (task) => {
    if (task === "a1") throw new Error("refused");
    await settled();
    ended = task === "b1";
    return true;
  });
  await expect(working).rejects.toThrow("refused");
  expect(ended).toBe(true);
});
