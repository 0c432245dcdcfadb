import { expect, test } from "vitest";
import { nightAfter } from "./night.ts";

const NOW = new Date("2030-01-07T12:00:00.000Z");
const hourIn = (at: Date, timeZone: string) =>
  Number(new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hour12: false }).format(at));

test.each(["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati"])(
  "the doctor comes at night where the host is: %s",
  (timeZone) => {
    for (const hour of [0, 0.5, 0.999]) {
      const at = nightAfter(NOW, 7, timeZone, [0.5, hour]);
      expect(hourIn(at, timeZone)).toBeGreaterThanOrEqual(1);
      expect(hourIn(at, timeZone)).toBeLessThan(5);
    }
  },
);

test("a seventh of the calendars is due each night: every one in five to nine nights, and never the same night again", () => {
  const nights = (every: number, random: number) =>
    Math.floor((nightAfter(NOW, every, "UTC", [random, 0]).getTime() - NOW.getTime()) / 86_400_000) + 1;
  expect([0, 0.5, 0.999].map((random) => nights(7, random))).toEqual([5, 7, 9]);
  expect([0, 0.5, 0.999].map((random) => nights(1, random))).toEqual([1, 1, 1]);
});
