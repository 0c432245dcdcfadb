import { describe, expect, it } from "vitest";
import { streamUrlOf } from "./stream-url.ts";

const uid = "7f1f0c55-93b5-4f0c-a4a8-27f1b6c2f3aa";

describe("the stream of a page", () => {
  it("is the guest's booking when the address holds its token, also when a host is signed in", () => {
    const expected = `/api/v1/stream?booking=${uid}&token=a%2Bb`;
    expect(streamUrlOf(`/booking/${uid}`, "a+b", false)).toBe(expected);
    expect(streamUrlOf(`/booking/${uid}`, "a+b", true)).toBe(expected);
  });

  it("is everything of the signed-in host elsewhere", () => {
    expect(streamUrlOf("/bookings", null, true)).toBe("/api/v1/stream");
    expect(streamUrlOf(`/booking/${uid}`, null, true)).toBe("/api/v1/stream");
  });

  it("is none for strangers", () => {
    expect(streamUrlOf("/demo/intro", null, false)).toBeNull();
    expect(streamUrlOf("/bookings", "token", false)).toBeNull();
  });
});
