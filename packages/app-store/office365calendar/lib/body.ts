/**
 * Exchange keeps descriptions as HTML of its own making: what was sent comes back rewritten, with a head, styles and other line
 * ends. We speak plain text. So only the text of both is ever compared.
 */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};
const HIDDEN = /<(head|script|style|title)\b[\s\S]*?<\/\1\s*>|<!--[\s\S]*?-->/gi;
const TAG = /<\/?[a-z!?][^<>]*>/gi;
const PIECE = /<(\/?)([a-z][a-z0-9]*)\b[^<>]*>|<[!?][^<>]*>|[^<]+|</gi;
const BLOCKS = new Set(
  "div ul ol table tr h1 h2 h3 h4 h5 h6 blockquote pre section article header footer body".split(" "),
);
/** Where the way into an online meeting begins: a rule of low lines that Outlook draws above it, or its own element. */
const MEETING_START = /_{20,}|<[a-z][^<>]*\bme-email-text\b/i;

/** What Exchange holds, as plain text: white space counts as in a browser, links show their address, formatting is lost. */
export function htmlToText(html: string): string {
  const shown = html
    .replace(HIDDEN, "")
    .replace(/<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([\s\S]*?)<\/a\s*>/gi, (_, a, b, inner) =>
      linkText(String(a ?? b ?? ""), String(inner)),
    );
  let text = "";
  const breakLine = (lines: number) => {
    if (text === "") return;
    while (!text.endsWith("\n".repeat(lines))) text += "\n";
  };
  for (const [piece, closing, tag] of shown.matchAll(PIECE)) {
    const name = tag?.toLowerCase();
    if (name === "br") text += "\n";
    else if (name === "p") breakLine(2);
    else if (name === "li" && closing === "") {
      breakLine(1);
      text += "- ";
    } else if (name !== undefined && BLOCKS.has(name)) breakLine(1);
    else if (!piece.startsWith("<") || piece === "<") {
      // White space is one space, and none at the start of a line (CSS 2 §16.6.1). Hard spaces are not white space here.
      const folded = decodeEntities(piece.replace(/[ \t\r\n]+/g, " "));
      text += text === "" || /[\n ]$/.test(text) ? folded.replace(/^ /, "") : folded;
    }
  }
  return tidy(text);
}

/** Text that a provider holds as text: one kind of line end, none of the white space that is added behind it. */
export function plainText(text: string): string {
  return tidy(text.replace(/\r\n?/g, "\n"));
}

/** Plain text as HTML that reads back as the same text. */
export function textToHtml(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/^ | (?= )| $|\t/gm, "&nbsp;")
    .replaceAll("\n", "<br>");
}

/**
 * The description of an event with an online meeting, parted from the way into it, which Outlook keeps in the body and which a
 * write without it would cut off (event-update page). Both are HTML.
 */
export function splitMeeting(html: string, joinUrl?: string | null): { own: string; meeting: string } {
  const found = MEETING_START.exec(html)?.index ?? linkAt(html, joinUrl);
  if (found === -1) return { own: html, meeting: "" };
  // From the tags that stand directly around it.
  const start = /(?:<(?!br\b|body\b|html\b)[a-z][^<>]*>\s*)*$/i.exec(html.slice(0, found));
  const cut = start?.index ?? found;
  return { own: html.slice(0, cut), meeting: html.slice(cut).replace(/<\/(?:body|html)\s*>/gi, "") };
}

/** Where the tag begins that holds the address; -1 when there is none. */
function linkAt(html: string, url: string | null | undefined): number {
  if (!url) return -1;
  const at = Math.max(html.indexOf(url), html.indexOf(url.replaceAll("&", "&amp;")));
  return at === -1 ? -1 : html.lastIndexOf("<", at);
}

const tidy = (text: string): string =>
  text
    .replaceAll("\u00a0", " ")
    .replace(/[ \t]+\n/g, "\n")
    .trim();

function linkText(href: string, inner: string): string {
  const label = inner.replace(TAG, "").trim();
  const address = href.replace(/^mailto:/i, "");
  return label === "" || decodeEntities(label) === decodeEntities(address)
    ? address
    : `${label} (${address})`;
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const code =
      decimal === undefined ? Number.parseInt(String(hex), 16) : Number.parseInt(String(decimal), 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
