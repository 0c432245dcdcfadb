import { expect, test } from "vitest";
import { placeOf } from "./place.ts";

test("an IPv4 address stands for itself, also in its IPv6 spelling", () => {
  expect(placeOf("203.0.113.9")).toBe("203.0.113.9");
  expect(placeOf("::ffff:203.0.113.9")).toBe("203.0.113.9");
});

test("all addresses of an IPv6 network are one place, however they are written", () => {
  for (const address of ["2001:db8:0:1::5", "2001:0DB8:0000:0001:ffff:1:2:3", "2001:db8::1:0:0:0:0"]) {
    expect(placeOf(address)).toBe("2001:db8:0:1::/64");
  }
  expect(placeOf("2001:db8:0:2::5")).toBe("2001:db8:0:2::/64");
  expect(placeOf("::1")).toBe("0:0:0:0::/64");
  expect(placeOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
});

test("what is no address stands for itself", () => {
  expect(placeOf("unix")).toBe("unix");
});
