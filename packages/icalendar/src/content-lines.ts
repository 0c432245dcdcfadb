/** One content line (RFC 5545 §3.1), unfolded and decoded. */
export interface ContentLine {
  text: string;
  /** Where it begins in the file, counted from 1. */
  line: number;
  /** True when the line was longer than allowed and its end was dropped. */
  truncated: boolean;
}

/** Text in pieces: a file, an HTTP body, or one buffer in an array. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const LF = 10;
const CR = 13;
const UTF8_BOM = [0xef, 0xbb, 0xbf];

/**
 * Splits a byte stream into content lines. Lines are unfolded before they are decoded, because a fold may stand inside
 * a character (RFC 5545 §3.1 allows it on input). Line ends may be CRLF, LF or CR; a byte order mark and empty lines are
 * passed over; UTF-16 with a byte order mark is understood; bytes that are not UTF-8 are read as Windows-1252.
 *
 * @param source the bytes, in pieces of any size
 * @param maxOctets how much of one logical line is kept; memory is bounded by it
 */
export async function* readContentLines(
  source: ByteSource,
  maxOctets = 1_000_000,
): AsyncGenerator<ContentLine> {
  const decoder = new LineDecoder();
  let pending: { parts: Uint8Array[]; octets: number; line: number; truncated: boolean } | null = null;
  let number = 0;
  for await (const physical of physicalLines(utf8Of(source), maxOctets)) {
    number += 1;
    if (physical.length === 0) continue;
    const continues = physical[0] === 0x20 || physical[0] === 0x09;
    if (continues && pending) {
      const rest = physical.subarray(1);
      const room = maxOctets - pending.octets;
      if (rest.length > room) pending.truncated = true;
      pending.parts.push(rest.subarray(0, Math.max(room, 0)));
      pending.octets += Math.min(rest.length, Math.max(room, 0));
      continue;
    }
    if (pending) yield decoder.toLine(pending);
    pending = {
      parts: [physical.subarray(0, maxOctets)],
      octets: Math.min(physical.length, maxOctets),
      line: number,
      truncated: physical.length > maxOctets,
    };
  }
  if (pending) yield decoder.toLine(pending);
}

class LineDecoder {
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #latin = new TextDecoder("windows-1252");

  toLine(pending: { parts: Uint8Array[]; line: number; truncated: boolean }): ContentLine {
    const [first] = pending.parts;
    const bytes = pending.parts.length === 1 && first ? first : Buffer.concat(pending.parts);
    return { text: this.#decode(bytes, pending.truncated), line: pending.line, truncated: pending.truncated };
  }

  #decode(bytes: Uint8Array, truncated: boolean): string {
    try {
      return this.#utf8.decode(bytes);
    } catch {
      // A line that was cut may end inside a character; that alone does not make it another encoding.
      if (truncated)
        return Buffer.from(bytes)
          .toString("utf8")
          .replace(/\ufffd+$/, "");
      return this.#latin.decode(bytes);
    }
  }
}

/** The bytes without a byte order mark; UTF-16 becomes UTF-8. */
async function* utf8Of(source: ByteSource): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | null = new Uint8Array(0);
  let utf16: TextDecoder | null = null;
  for await (const chunk of source) {
    let bytes: Uint8Array = chunk;
    if (head) {
      bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (bytes.length < 3) {
        head = bytes;
        continue;
      }
      head = null;
      if (bytes[0] === 0xff && bytes[1] === 0xfe) utf16 = new TextDecoder("utf-16le");
      else if (bytes[0] === 0xfe && bytes[1] === 0xff) utf16 = new TextDecoder("utf-16be");
      else if (UTF8_BOM.every((byte, index) => bytes[index] === byte)) bytes = bytes.subarray(3);
    }
    yield utf16 ? Buffer.from(utf16.decode(bytes, { stream: true })) : bytes;
  }
  if (head && head.length > 0) yield head;
}

/** Lines without their ends. A line that is longer than `maxOctets` keeps one octet more, so that it is known to be. */
async function* physicalLines(
  source: AsyncIterable<Uint8Array>,
  maxOctets: number,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let octets = 0;
  let afterCr = false;
  const keep = (bytes: Uint8Array) => {
    const room = maxOctets + 1 - octets;
    if (room <= 0 || bytes.length === 0) return;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    parts.push(kept);
    octets += kept.length;
  };
  const take = (): Uint8Array => {
    const [first] = parts;
    const line = parts.length === 1 && first ? first : Buffer.concat(parts);
    parts = [];
    octets = 0;
    return line;
  };
  for await (const chunk of source) {
    let from = 0;
    if (afterCr && chunk[0] === LF) from = 1;
    if (chunk.length > 0) afterCr = false;
    for (;;) {
      const end = lineEnd(chunk, from);
      if (end < 0) break;
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
      if (chunk[end] === CR) {
        if (from === chunk.length) afterCr = true;
        else if (chunk[from] === LF) from += 1;
      }
    }
    keep(chunk.subarray(from));
  }
  if (octets > 0) yield take();
}

function lineEnd(bytes: Uint8Array, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.subarray(from, lf < 0 ? bytes.length : lf).indexOf(CR);
  return cr < 0 ? lf : from + cr;
}
