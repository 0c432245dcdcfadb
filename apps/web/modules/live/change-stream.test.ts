import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Change, type EventSourceLike, GATHER_MS, openChangeStream } from "./change-stream.ts";

class FakeSource implements EventSourceLike {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  #listener: ((event: MessageEvent<string>) => void) | undefined;

  addEventListener(_type: "change", listener: (event: MessageEvent<string>) => void): void {
    this.#listener = listener;
  }
  close(): void {
    this.closed = true;
  }
  succeed(): void {
    this.onopen?.(new Event("open"));
  }
  fail(): void {
    this.onerror?.(new Event("error"));
  }
  send(data: unknown): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.#listener?.(new MessageEvent("change", { data: text }));
  }
}

function follow() {
  const sources: FakeSource[] = [];
  const changes: (readonly Change[])[] = [];
  const states: boolean[] = [];
  let resumed = 0;
  const stream = openChangeStream({
    url: "/api/v1/stream",
    connect: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    onChange: (gathered) => changes.push(gathered),
    onResume: () => {
      resumed += 1;
    },
    onState: (connected) => states.push(connected),
    random: () => 1,
  });
  const last = () => sources.at(-1)!;
  return { stream, sources, last, changes, states, resumed: () => resumed };
}

describe("a stream of changes", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("hands over a burst of changes in one call", () => {
    const { last, changes } = follow();
    last().succeed();
    last().send({ type: "booking", uid: "a" });
    last().send({ type: "calendar", id: 1 });
    expect(changes).toEqual([]);
    vi.advanceTimersByTime(GATHER_MS);
    expect(changes).toEqual([
      [
        { type: "booking", uid: "a" },
        { type: "calendar", id: 1 },
      ],
    ]);
  });

  it("ignores what it cannot read", () => {
    const { last, changes } = follow();
    last().send("not json");
    last().send("null");
    vi.advanceTimersByTime(GATHER_MS);
    expect(changes).toEqual([]);
  });

  it("connects again after pauses that double up to half a minute", () => {
    const { sources, last } = follow();
    for (const pauseMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const before = sources.length;
      last().fail();
      expect(last().closed).toBe(true);
      vi.advanceTimersByTime(pauseMs - 1);
      expect(sources).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(sources).toHaveLength(before + 1);
    }
  });

  it("asks for everything again once it is back, and not at its first connection", () => {
    const { last, resumed, states } = follow();
    last().succeed();
    expect(resumed()).toBe(0);
    last().fail();
    vi.advanceTimersByTime(500);
    last().succeed();
    expect(resumed()).toBe(1);
    expect(states).toEqual([true, false, true]);
  });

  it("asks for everything when its very first connection came late", () => {
    const { last, resumed } = follow();
    last().fail();
    vi.advanceTimersByTime(500);
    last().succeed();
    expect(resumed()).toBe(1);
  });

  it("starts with short pauses again after a success", () => {
    const { sources, last } = follow();
    last().fail();
    vi.advanceTimersByTime(500);
    last().fail();
    vi.advanceTimersByTime(1_000);
    last().succeed();
    last().fail();
    vi.advanceTimersByTime(500);
    expect(sources).toHaveLength(4);
  });

  it("lets go of its connection while paused and reads again when resumed", () => {
    const { stream, sources, last, resumed } = follow();
    last().succeed();
    stream.pause();
    expect(last().closed).toBe(true);
    vi.advanceTimersByTime(600_000);
    expect(sources).toHaveLength(1);
    stream.resume();
    last().succeed();
    expect(sources).toHaveLength(2);
    expect(resumed()).toBe(1);
  });

  it("is silent once closed", () => {
    const { stream, sources, last, changes } = follow();
    last().succeed();
    last().send({ type: "booking" });
    stream.close();
    stream.resume();
    vi.advanceTimersByTime(600_000);
    expect(changes).toEqual([]);
    expect(sources).toHaveLength(1);
  });
});
