/**
 * Google keeps descriptions as a little HTML: its own page writes tags, shows tags as formatting and entities as their
 * characters, and shows a line feed as a line break. We speak plain text.
 */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};
const TAG = /<\/?[a-z][^<>]*>|<!--[\s\S]*?-->/i;
const BLOCK_END = /<\/(?:p|div|ul|ol|table|tr|h[1-6]|blockquote|pre)\s*>/gi;

/** What Google holds, as plain text: line breaks and list marks stay, links show their address, formatting is lost. */
export function descriptionToText(stored: string): string {
  const text = stored.replaceAll("\r\n", "\n");
  if (!TAG.test(text)) return decodeEntities(text);
  const broken = text
    .replace(/<(?:script|style)\b[\s\S]*?<\/(?:script|style)\s*>/gi, "")
    .replace(/<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([\s\S]*?)<\/a\s*>/gi, (_, a, b, inner) =>
      linkText(String(a ?? b ?? ""), String(inner)),
    )
    .replace(/<br\s*\/?>/gi, "\n")
    .replace(/<li\b[^>]*>/gi, "\n- ")
    .replace(BLOCK_END, "\n")
    .replace(/<(?:p|div)\b[^>]*>/gi, (tag, at: number) => (at === 0 ? "" : startsBlock(tag)))
    .replace(new RegExp(TAG.source, "gi"), "");
  return decodeEntities(broken)
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** Plain text as Google is to hold it: untouched where it reads back the same, with entities where it would not. */
export function textToDescription(text: string): string {
  const lines = text.replaceAll("\r\n", "\n");
  if (descriptionToText(lines) === lines) return lines;
  return lines.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function linkText(href: string, inner: string): string {
  const label = inner.replace(new RegExp(TAG.source, "gi"), "").trim();
  const address = href.replace(/^mailto:/i, "");
  return label === "" || decodeEntities(label) === decodeEntities(address)
    ? address
    : `${label} (${address})`;
}

function startsBlock(tag: string): string {
  return /^<p/i.test(tag) ? "\n\n" : "\n";
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const code =
      decimal === undefined ? Number.parseInt(String(hex), 16) : Number.parseInt(String(decimal), 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
