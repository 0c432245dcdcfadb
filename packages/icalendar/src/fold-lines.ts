const MAX_OCTETS = 75;

/**
 * Folds content lines (RFC 5545 §3.1): no line is longer than 75 octets of UTF-8, the blank that starts a continuation
 * counted, and no character is cut in two. ical.js leaves that blank out of its count, so we fold its lines again.
 *
 * @param text lines ended by CRLF, folded or not
 */
export function foldLines(text: string): string {
  return text
    .replace(/\r\n[ \t]/g, "")
    .split("\r\n")
    .map(foldLine)
    .join("\r\n");
}

function foldLine(line: string): string {
  if (Buffer.byteLength(line) <= MAX_OCTETS) return line;
  const parts: string[] = [];
  let part = "";
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > MAX_OCTETS) {
      parts.push(part);
      part = " ";
      octets = 1;
    }
    part += character;
    octets += size;
  }
  return [...parts, part].join("\r\n");
}
