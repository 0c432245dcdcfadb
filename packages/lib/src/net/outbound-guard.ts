import { lookup as systemLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { addressSet, isPublicAddress } from "./public-address.ts";

/** Why a request to an address that a user gave us is not made. Messages may be shown to that user. */
export class OutboundRefusedError extends Error {
  override readonly name = "OutboundRefusedError";
  readonly code: "bad-url" | "not-https" | "private-address" | "unknown-host";

  constructor(code: OutboundRefusedError["code"], message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** What users may make us call. */
export interface OutboundGuardOptions {
  /**
   * What may be reached although it is private, and over plain http: names of hosts, addresses, and networks such as
   * `10.0.0.0/8`. For installations whose users' receivers and feeds live in their own network.
   */
  allow?: readonly string[];
  /** Resolves a host's name to its addresses; the machine's resolver when left out. */
  resolve?: (hostname: string) => Promise<readonly string[]>;
}

/** Decides which addresses on the network a user may make us call. */
export interface OutboundGuard {
  /**
   * Checks what can be seen without asking anybody: that it is an https address without a user's name in it, and, when it
   * names its host by number, that this number is public.
   * @throws OutboundRefusedError
   */
  check(url: string | URL): URL;
  /**
   * The `lookup` of a connection to this URL. What it gives has been checked, and is what the connection is made to: nobody
   * can answer a second question differently. One address that is not public refuses the name as a whole.
   */
  lookupFor(url: URL): LookupFunction;
}

/**
 * Puts a guard together.
 * @throws RangeError naming an entry of `allow` that is neither a host's name nor an address nor a network
 */
export function createOutboundGuard({
  allow = [],
  resolve = resolveWithSystem,
}: OutboundGuardOptions = {}): OutboundGuard {
  const isNetwork = (entry: string) => isIP(entry.split("/")[0] ?? "") !== 0;
  const networks = addressSet(allow.filter(isNetwork));
  const names = new Set(allow.filter((entry) => !isNetwork(entry)).map(toHostName));

  const mayReach = (url: URL, address: string): boolean =>
    networks.has(address) || (url.protocol === "https:" && isPublicAddress(address));

  function refuseAddress(url: URL): OutboundRefusedError {
    const host = url.hostname;
    return url.protocol === "https:"
      ? new OutboundRefusedError("private-address", `${host} is not an address of the public internet.`)
      : new OutboundRefusedError("not-https", `${host} may only be reached over https.`);
  }

  return {
    check(given) {
      const url = parse(given);
      const { hostname } = url;
      const literal = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
      const named = isIP(literal) === 0;
      if (names.has(hostname)) return url;
      // Over plain http a name is let through to the question who it is: it may be one of the networks that are allowed.
      if (!named && !mayReach(url, literal)) throw refuseAddress(url);
      if (named && url.protocol !== "https:" && allow.length === 0) throw refuseAddress(url);
      return url;
    },
    lookupFor: (url) => (hostname, options, callback) => {
      const family =
        options.family === 4 || options.family === "IPv4"
          ? 4
          : options.family === 6 || options.family === "IPv6"
            ? 6
            : 0;
      resolve(hostname).then(
        (all) => {
          const addresses = all.filter((address) => family === 0 || isIP(address) === family);
          const error =
            addresses.length === 0
              ? new OutboundRefusedError("unknown-host", `${url.hostname} has no address.`)
              : !names.has(url.hostname) && all.some((address) => !mayReach(url, address))
                ? refuseAddress(url)
                : null;
          const found = addresses.map((address) => ({ address, family: isIP(address) }));
          if (error) callback(error, "", 0);
          else if (options.all) callback(null, found);
          else callback(null, found[0]?.address ?? "", found[0]?.family ?? 0);
        },
        (cause: unknown) => {
          const message = `The name ${url.hostname} could not be resolved.`;
          callback(new OutboundRefusedError("unknown-host", message, { cause }), "", 0);
        },
      );
    },
  };
}

function parse(given: string | URL): URL {
  const url = URL.parse(String(given));
  if (url === null) throw new OutboundRefusedError("bad-url", "This is not the address of a web server.");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new OutboundRefusedError("bad-url", "The address has to begin with https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new OutboundRefusedError("bad-url", "The address must not hold a user name or password.");
  }
  return url;
}

/** A name as `URL` writes it. */
function toHostName(name: string): string {
  const host = URL.parse(`http://${name}/`)?.host;
  if (host === undefined || host === "" || /[:/@?#]/.test(name)) {
    throw new RangeError(`"${name}" is neither the name of a host nor an address.`);
  }
  return host;
}

async function resolveWithSystem(hostname: string): Promise<string[]> {
  return (await systemLookup(hostname, { all: true })).map(({ address }) => address);
}
