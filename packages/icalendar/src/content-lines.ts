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
  const lines = new UnfoldedLines(maxOctets);
  for await (const chunk of utf8Of(source)) yield* lines.take(chunk);
  yield* lines.end();
}

/**
 * Joins octets to logical lines. What a line holds so far stands in one buffer, however many folds it came in, so that a line of
 * nothing but folds costs no more than its octets.
 */
class UnfoldedLines {
  readonly #maxOctets: number;
  #bytes = new Uint8Array(1_024);
  #octets = 0;
  #truncated = false;
  /** Where the logical line began that is being read; 0 before the first one. */
  #line = 0;
  /** The physical line that is being read, counted from 1. */
  #number = 0;
  /** In the middle of a physical line. */
  #inside = false;
  #afterCr = false;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  *take(chunk: Uint8Array): Generator<ContentLine> {
    let from = this.#afterCr && chunk[0] === LF ? 1 : 0;
    if (chunk.length > 0) this.#afterCr = false;
    while (from < chunk.length) {
      const first = chunk[from];
      if (!this.#inside) {
        this.#number += 1;
        this.#inside = true;
        const continues = first === 0x20 || first === 0x09;
        // An empty line neither ends a logical line nor begins one.
        if (continues && this.#line > 0) from += 1;
        else if (first !== LF && first !== CR) {
          if (this.#line > 0) yield this.#finish();
          this.#line = this.#number;
        }
      }
      const end = lineEnd(chunk, from);
      this.#append(end < 0 ? chunk.subarray(from) : chunk.subarray(from, end));
      if (end < 0) return;
      this.#inside = false;
      from = end + 1;
      if (chunk[end] === CR) {
        if (from === chunk.length) this.#afterCr = true;
        else if (chunk[from] === LF) from += 1;
      }
    }
  }

  *end(): Generator<ContentLine> {
    if (this.#line > 0) yield this.#finish();
  }

  #append(bytes: Uint8Array): void {
    const room = this.#maxOctets - this.#octets;
    if (bytes.length > room) this.#truncated = true;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    const octets = this.#octets + kept.length;
    if (octets > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(octets, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#octets));
      this.#bytes = larger;
    }
    if (kept.length > 0) this.#bytes.set(kept, this.#octets);
    this.#octets = octets;
  }

  #finish(): ContentLine {
    const text = decode(this.#bytes.subarray(0, this.#octets), this.#truncated);
    const line = { text, line: this.#line, truncated: this.#truncated };
    this.#octets = 0;
    this.#truncated = false;
    return line;
  }
}

// Made once: a whole line at a time leaves nothing behind in them, and to make them costs more than to read a small event.
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LATIN = new TextDecoder("windows-1252");

function decode(bytes: Uint8Array, truncated: boolean): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    // A line that was cut may end inside a character; that alone does not make it another encoding.
    if (truncated)
      return Buffer.from(bytes)
        .toString("utf8")
        .replace(/\ufffd+$/, "");
    return LATIN.decode(bytes);
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

function lineEnd(bytes: Uint8Array, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.subarray(from, lf < 0 ? bytes.length : lf).indexOf(CR);
  return cr < 0 ? lf : from + cr;
}
