import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { followChanges } from "./change-stream.ts";

/** The browser's EventSource as far as a page sees it; the server's side is played by the test. */
class StreamOfTest extends EventTarget {
  static last: StreamOfTest;
  readonly url: string;
  closed = false;
  constructor(url: string) {
    super();
    this.url = url;
    StreamOfTest.last = this;
  }
  close() {
    this.closed = true;
  }
  tell(resource: string) {
    this.dispatchEvent(new MessageEvent("change", { data: JSON.stringify({ resource }) }));
  }
}

describe("a page that follows the sandbox's changes", () => {
  const seen: string[] = [];
  let end: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", StreamOfTest);
    seen.length = 0;
    end = followChanges(
      "c 1",
      () => seen.push("events"),
      () => seen.push("lists"),
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test("it reads again when the stream opens: what changed since its first reading was not told", () => {
    StreamOfTest.last.dispatchEvent(new Event("open"));
    vi.runAllTimers();
    expect(seen).toEqual(["events"]);
  });

  test("a burst of changes is told once", () => {
    expect(StreamOfTest.last.url).toBe("/sandbox/api/changes?calendar=c+1");
    for (let change = 0; change < 3; change++) StreamOfTest.last.tell("events");
    vi.runAllTimers();
    expect(seen).toEqual(["events"]);
  });

  test("accounts or calendars that came or went are told apart", () => {
    StreamOfTest.last.tell("calendarList");
    vi.runAllTimers();
    expect(seen).toEqual(["lists", "events"]);
  });

  test("nothing is told after its end", () => {
    StreamOfTest.last.tell("events");
    end();
    vi.runAllTimers();
    expect(seen).toEqual([]);
    expect(StreamOfTest.last.closed).toBe(true);
  });
});
