import { BlockList, isIP } from "node:net";

/**
 * Ranges of IPv4 that are not the public internet: the IANA IPv4 Special-Purpose Address Registry (RFC 6890) without those that
 * are globally reachable, and multicast. Clouds answer for their machines' identity in 169.254.0.0/16.
 */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;

/** All of IPv6 that is handed out as global unicast (RFC 4291 §2.4). Loopback, unique local, link-local, mapped: all outside. */
const GLOBAL_IPV6 = "2000::/3";

/** Within it: protocol assignments with Teredo, documentation, and 6to4, which carries any IPv4 address inside. */
const SPECIAL_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

/** Some addresses, by their networks. */
export interface AddressSet {
  has(address: string): boolean;
}

/**
 * A set of networks in CIDR notation; a plain address is a network of one.
 * @throws RangeError naming the entry that is neither
 */
export function addressSet(networks: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix, ...rest] = network.split("/");
    const family = familyOf(address);
    const longest = family === "ipv4" ? 32 : 128;
    const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (!family || rest.length > 0 || !(length >= 0 && length <= longest)) {
      throw new RangeError(`"${network}" is neither an IP address nor a network such as 10.0.0.0/8.`);
    }
    list.addSubnet(address, length, family);
  }
  return {
    has(address) {
      const family = familyOf(address);
      return family !== null && list.check(address, family);
    },
  };
}

const specialIpv4 = addressSet(SPECIAL_IPV4);
const specialIpv6 = addressSet(SPECIAL_IPV6);
const globalIpv6 = addressSet([GLOBAL_IPV6]);

/**
 * Whether an address belongs to the public internet: not to this machine, its networks, its cloud, or nobody. Text that is no
 * address is not public; IPv4 inside IPv6 (mapped, translated, tunnelled) is not either, whatever it holds.
 */
export function isPublicAddress(address: string): boolean {
  const family = familyOf(address);
  if (family === "ipv4") return !specialIpv4.has(address);
  return family === "ipv6" && globalIpv6.has(address) && !specialIpv6.has(address);
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  // With a zone (`fe80::1%eth0`) it is an address of this link.
  if (version === 0 || address.includes("%")) return null;
  return version === 4 ? "ipv4" : "ipv6";
}
