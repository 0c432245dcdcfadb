/** Properties by their name with its prefix, as XML; null for one that the resource does not have. */
export type Properties = Readonly<Record<string, string | null>>;

const NAMESPACES =
  'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" xmlns:ca="http://apple.com/ns/ical/"';

/** Text as it stands between tags. */
export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A 207 (RFC 4918 §13). @param more what stands beside the responses, such as a sync token */
export const multistatus = (responses: readonly string[], more = ""): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus ${NAMESPACES}>${responses.join("")}${more}</d:multistatus>`;

/** A member with what was asked of it: what it has in one propstat, what it has not in another (RFC 4918 §9.1). */
export function response(href: string, properties: Properties): string {
  const has = Object.entries(properties).filter(([, value]) => value !== null);
  const lacks = Object.entries(properties).filter(([, value]) => value === null);
  const stat = (entries: typeof has, status: string) =>
    entries.length === 0
      ? ""
      : `<d:propstat><d:prop>${entries.map(([name, value]) => `<${name}>${value ?? ""}</${name}>`).join("")}</d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`;
  return `<d:response><d:href>${escapeXml(href)}</d:href>${stat(has, "200 OK")}${stat(lacks, "404 Not Found")}</d:response>`;
}

/** A member that is not there, or an answer that was cut short (RFC 6578 §3.6). */
export const statusResponse = (href: string, status: "404 Not Found" | "507 Insufficient Storage"): string =>
  `<d:response><d:href>${escapeXml(href)}</d:href><d:status>HTTP/1.1 ${status}</d:status></d:response>`;

/** An error body that names a precondition (RFC 4918 §16). */
export function errorBody(precondition: string, conflict: string | null = null): string {
  const prefix = precondition === "valid-sync-token" || precondition === "need-privileges" ? "d" : "c";
  const href = conflict === null ? "" : `<d:href>${escapeXml(conflict)}</d:href>`;
  return `<?xml version="1.0" encoding="utf-8"?>\n<d:error ${NAMESPACES}><${prefix}:${precondition}>${href}</${prefix}:${precondition}></d:error>`;
}

/** The local names of the properties that a body asks for. */
function askedProperties(body: string): string[] {
  const prop = /<(?:[\w-]+:)?prop(?:\s[^>]*)?>([\s\S]*?)<\/(?:[\w-]+:)?prop>/.exec(body)?.[1] ?? "";
  return [...prop.matchAll(/<(?:[\w-]+:)?([\w-]+)(?:\s[^>]*)?\/?>/g)].map(([, name]) => name ?? "");
}

/** Of what there is, what a body asks for; what there is not stands apart. */
export function chosen(properties: Properties, body: string): Properties {
  const byLocalName = new Map(
    Object.entries(properties).map(([name, value]) => [name.split(":")[1] ?? name, [name, value] as const]),
  );
  return Object.fromEntries(
    askedProperties(body).map((local) => byLocalName.get(local) ?? ([`d:${local}`, null] as const)),
  );
}

/** The text of each element of a name in a body, by its local name. */
export function textsOf(body: string, name: string): string[] {
  const element = new RegExp(`<(?:[\\w-]+:)?${name}(?:\\s[^>]*)?>([^<]*)</`, "g");
  return [...body.matchAll(element)].map(([, text]) => unescapeXml(text ?? "").trim());
}

const unescapeXml = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
