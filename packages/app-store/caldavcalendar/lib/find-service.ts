import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";

/** What DNS tells of services (RFC 2782, RFC 6763). */
export interface ServiceDirectory {
  srv(name: string): Promise<readonly { name: string; port: number; priority: number; weight: number }[]>;
  txt(name: string): Promise<readonly (readonly string[])[]>;
}

/** Where a domain says that its CalDAV server is. */
export interface FoundService {
  url: string;
  /**
   * Whether the server lies within the domain itself. Another one may be right (a provider that keeps the domain's calendars) or somebody
   * who answers DNS in its place: no password goes there before a person has named it (RFC 6764 §8).
   */
  within: boolean;
}

/**
 * DNS, as the machine asks it. One that does not answer holds up nobody for long.
 * @param servers in place of the machine's own, as `address:port`
 */
export function systemDirectory(servers?: readonly string[]): ServiceDirectory {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  if (servers) resolver.setServers(servers);
  return { srv: (name) => resolver.resolveSrv(name), txt: (name) => resolver.resolveTxt(name) };
}

/** The domain of what a person has typed for a server: that of a mail address, or a bare domain; null for a whole address. */
export function domainOf(typed: string): string | null {
  const host = typed.trim().split("@").at(-1) ?? "";
  const url = URL.parse(`https://${host}`);
  const bare = url !== null && url.port === "" && url.pathname === "/" && !/[/?#:\s]/.test(host);
  return bare && url.hostname.includes(".") && isIP(url.hostname) === 0 ? url.hostname : null;
}

/**
 * Finds the server of a domain by its SRV record, with the path of the TXT record beside it (RFC 6764 §3, §4). Null when it
 * has none, or DNS does not answer: then the domain itself is asked. Only `_caldavs` counts: a password is never sent without TLS.
 */
export async function findService(domain: string, directory: ServiceDirectory): Promise<FoundService | null> {
  const service = `_caldavs._tcp.${domain}`;
  const records = await directory.srv(service).catch(() => []);
  const [first] = [...records].sort((a, b) => a.priority - b.priority || b.weight - a.weight);
  const host = first?.name.replace(/\.$/, "").toLowerCase() ?? "";
  // A lone dot says that there is no such service.
  if (!first || host === "") return null;
  const texts = (await directory.txt(service).catch(() => [])).map((parts) => parts.join(""));
  const path = texts.find((text) => /^path=\//i.test(text))?.slice(5) ?? "/";
  const url = URL.parse(path, `https://${host}:${first.port}`);
  if (url === null || url.hostname !== host) return null;
  return { url: url.href, within: host === domain || host.endsWith(`.${domain}`) };
}
