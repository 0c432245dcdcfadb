import { isIPv6 } from "node:net";

/**
 * What stands for the place that a request comes from: an IPv4 address as it is; of an IPv6 address the network of 64 bits,
 * since one visitor has all of its addresses.
 * @param address as the server knows it; whatever else it is stands for itself
 */
export function placeOf(address: string): string {
  const plain = address.replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  if (mapped?.[1]) return mapped[1];
  // The platform's own spelling: lower case, no leading zeros, no dotted end.
  const spelled = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [before = "", after] = spelled.split("::");
  const head = before.split(":").filter(Boolean);
  const tail = (after ?? "").split(":").filter(Boolean);
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
