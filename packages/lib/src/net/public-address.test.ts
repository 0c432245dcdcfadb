import { describe, expect, it } from "vitest";
import { addressSet, isPublicAddress } from "./public-address.ts";

describe("isPublicAddress", () => {
  it.each([
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "all of loopback"],
    ["0.0.0.0", "this host"],
    ["10.1.2.3", "private"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.168.1.1", "private"],
    ["169.254.169.254", "a cloud's metadata"],
    ["100.64.0.1", "carrier-grade NAT"],
    ["100.127.255.255", "carrier-grade NAT"],
    ["192.0.0.192", "protocol assignments"],
    ["198.18.0.1", "benchmarks"],
    ["203.0.113.9", "documentation"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::ffff:127.0.0.1", "IPv4-mapped loopback"],
    ["::ffff:7f00:1", "the same in hexadecimal"],
    ["::ffff:169.254.169.254", "IPv4-mapped metadata"],
    ["::127.0.0.1", "IPv4-compatible"],
    ["64:ff9b::7f00:1", "NAT64"],
    ["64:ff9b:1::a00:1", "local NAT64"],
    ["2002:7f00:1::", "6to4"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"],
    ["2001:db8::1", "documentation"],
    ["fc00::1", "unique local"],
    ["fd00:ec2::254", "a cloud's metadata over IPv6"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local with its zone"],
    ["fec0::1", "site-local"],
    ["ff02::1", "multicast"],
    ["not an address", "text"],
    ["", "nothing"],
  ])("is false for %s (%s)", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
  ])("is true for %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("addressSet", () => {
  it("holds the addresses of its networks, and plain addresses", () => {
    const set = addressSet(["10.0.0.0/8", "192.168.1.7", "fd12::/16"]);
    expect(["10.9.9.9", "192.168.1.7", "fd12::1"].map((one) => set.has(one))).toEqual([true, true, true]);
    expect(["11.0.0.1", "192.168.1.8", "fd13::1", "x"].map((one) => set.has(one))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "host/8", "fd12::/129", "10.0.0.0/-1"])(
    "refuses %s",
    (network) => {
      expect(() => addressSet([network])).toThrow(RangeError);
    },
  );
});
