import { describe, expect, it } from "vitest";
import { recordPeer } from "./record-peer.ts";

function headerAfter(before: string | undefined, remoteAddress: string | undefined) {
  const headers: Record<string, string> = before === undefined ? {} : { "x-forwarded-for": before };
  recordPeer({ headers, socket: { remoteAddress } } as Parameters<typeof recordPeer>[0]);
  return headers["x-forwarded-for"];
}

describe("the address that a request came from", () => {
  it("stands last, whatever the visitor wrote before it", () => {
    expect(headerAfter(undefined, "203.0.113.7")).toBe("203.0.113.7");
    expect(headerAfter("9.9.9.9", "203.0.113.7")).toBe("9.9.9.9, 203.0.113.7");
  });

  it("is left alone when the visitor has gone already", () => {
    expect(headerAfter("9.9.9.9", undefined)).toBe("9.9.9.9");
  });
});
