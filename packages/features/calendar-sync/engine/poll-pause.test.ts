import { describe, expect, test } from "vitest";
import {
  afterPull,
  isToLookAgain,
  jittered,
  type PollState,
  pollPause,
  shortestPause,
} from "./poll-pause.ts";

const MINUTE = 60_000;
const PAUSES = {
  watchedPollMs: 30 * MINUTE,
  watchedPollCeilingMs: 240 * MINUTE,
  unwatchedPollMs: 2 * MINUTE,
  unwatchedPollCeilingMs: 15 * MINUTE,
};
const at = (minute: number) => new Date(Date.parse("2030-01-07T08:00:00Z") + minute * MINUTE);
const state = (changes: Partial<PollState & { lastPulledAt: Date | null }> = {}) => ({
  watchedSince: null,
  lastNotificationAt: null,
  quietPolls: 0,
  missedChanges: 0,
  pollIntervalMinutes: null,
  lastPulledAt: at(0),
  ...changes,
});
const minutes = (changes: Partial<PollState>, minPollMs = 0) =>
  pollPause(state(changes), PAUSES, minPollMs) / MINUTE;

describe("the pause between polls", () => {
  test("is minutes without a channel, and grows gently to its ceiling while nothing happens", () => {
    expect(minutes({})).toBe(2);
    expect(minutes({ quietPolls: 1 })).toBe(2.5);
    expect(minutes({ quietPolls: 4 })).toBeCloseTo(4.9, 1);
    expect(minutes({ quietPolls: 500 })).toBe(15);
  });

  test("stays as short as the provider wishes while nothing announces changes, however quiet the calendar is", () => {
    const pause = (changes: Partial<PollState>) => pollPause(state(changes), PAUSES, 0, 2 * MINUTE) / MINUTE;
    expect(pause({ quietPolls: 500 })).toBe(2);
    expect(pause({ quietPolls: 500, watchedSince: at(0) })).toBe(30);
    expect(pause({ quietPolls: 500, pollIntervalMinutes: 60 })).toBe(60);
  });

  test("is half an hour with a channel, and grows to hours only when the channel has proven itself", () => {
    expect(minutes({ watchedSince: at(0), quietPolls: 5 })).toBe(30);
    const proven = { watchedSince: at(0), lastNotificationAt: at(1) };
    expect(minutes(proven)).toBe(30);
    expect(minutes({ ...proven, quietPolls: 1 })).toBe(60);
    expect(minutes({ ...proven, quietPolls: 9 })).toBe(240);
  });

  test("is minutes again as soon as the channel has left something out", () => {
    expect(minutes({ watchedSince: at(0), lastNotificationAt: at(1), missedChanges: 1 })).toBe(2);
  });

  test("is what the host asks for, within what the provider allows", () => {
    expect(minutes({ pollIntervalMinutes: 7, watchedSince: at(0), missedChanges: 2 })).toBe(7);
    expect(minutes({ pollIntervalMinutes: 1 }, 5 * MINUTE)).toBe(5);
    expect(minutes({}, 5 * MINUTE)).toBe(5);
  });
});

test("pauses are spread by a quarter to either side, and never go below what the provider allows", () => {
  const spread = [0, 0.5, 0.999_999].map((random) => Math.round(jittered(20 * MINUTE, 0, random) / MINUTE));
  expect(spread).toEqual([15, 20, 25]);
  expect(jittered(20 * MINUTE, 18 * MINUTE, 0)).toBe(18 * MINUTE);
});

test("a calendar that says how often it is renewed is not asked sooner, unless its host wants it", () => {
  expect(shortestPause(5 * MINUTE, 60 * MINUTE, null)).toBe(60 * MINUTE);
  expect(shortestPause(5 * MINUTE, MINUTE, null)).toBe(5 * MINUTE);
  expect(shortestPause(5 * MINUTE, 60 * MINUTE, 10)).toBe(5 * MINUTE);
});

describe("what a pull tells about the channel", () => {
  const pull = (changedAt: Date[], startedAt = at(60), full = false) => ({
    startedAt,
    full,
    changes: changedAt.length,
    changedAt,
  });
  const watched = { watchedSince: at(0) };

  test("a change that nobody announced counts against it", () => {
    expect(afterPull(state({ ...watched, quietPolls: 3 }), pull([at(30)]), MINUTE)).toEqual({
      quietPolls: 0,
      missedChanges: 1,
    });
    const heardBefore = state({ ...watched, lastNotificationAt: at(20), missedChanges: 1 });
    expect(afterPull(heardBefore, pull([at(30)]), MINUTE).missedChanges).toBe(2);
  });

  test("a change with a notification after it, or just before the pull, or before the channel stood does not", () => {
    const heard = state({ ...watched, lastNotificationAt: at(31) });
    expect(afterPull(heard, pull([at(30)]), MINUTE).missedChanges).toBe(0);
    expect(afterPull(state(watched), pull([at(59.5)]), MINUTE).missedChanges).toBe(0);
    expect(afterPull(state({ watchedSince: at(40) }), pull([at(30)]), MINUTE).missedChanges).toBe(0);
  });

  test("a listing of everything and a calendar without a channel tell nothing", () => {
    expect(afterPull(state(watched), pull([at(30)], at(60), true), MINUTE).missedChanges).toBe(0);
    expect(afterPull(state(), pull([at(30)]), MINUTE).missedChanges).toBe(0);
  });

  test("a pull that was announced and shows nothing asks for another look, and no other pull does", () => {
    const announced = state({ lastPulledAt: at(10), lastNotificationAt: at(20) });
    expect(isToLookAgain(announced, pull([]))).toBe(true);
    expect(isToLookAgain(announced, pull([at(15)]))).toBe(false);
    expect(isToLookAgain(announced, pull([], at(60), true))).toBe(false);
    expect(isToLookAgain(state({ lastPulledAt: at(30), lastNotificationAt: at(20) }), pull([]))).toBe(false);
    expect(isToLookAgain(state({ lastPulledAt: at(30) }), pull([]))).toBe(false);
  });

  test("polls that find nothing are counted, pulls that were announced are not", () => {
    expect(afterPull(state({ quietPolls: 2 }), pull([]), MINUTE).quietPolls).toBe(3);
    const announced = state({ ...watched, quietPolls: 2, lastNotificationAt: at(10) });
    expect(afterPull(announced, pull([]), MINUTE).quietPolls).toBe(2);
    expect(afterPull(state({ quietPolls: 2 }), pull([at(30)]), MINUTE).quietPolls).toBe(0);
  });
});
