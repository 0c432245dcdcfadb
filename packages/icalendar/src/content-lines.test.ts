import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readContentLines } from "./content-lines.ts";
import { foldLines } from "./fold-lines.ts";

async function linesOf(bytes: Uint8Array, size = bytes.length || 1, maxOctets?: number) {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  const lines = [];
  for await (const line of readContentLines(chunks, maxOctets)) lines.push(line);
  return lines;
}
const textsOf = async (text: string, size?: number) =>
  (await linesOf(Buffer.from(text), size)).map((line) => line.text);

describe("content lines", () => {
  test.each([
    ["CRLF", "A:1\r\nB:2\r\n"],
    ["LF", "A:1\nB:2\n"],
    ["CR", "A:1\rB:2\r"],
    ["no end after the last", "A:1\r\nB:2"],
    ["empty lines between", "A:1\r\n\r\nB:2\r\n\r\n"],
    ["a byte order mark", "\ufeffA:1\r\nB:2\r\n"],
  ])("end in any way, in pieces of any size: %s", async (_, text) => {
    for (let size = 1; size <= text.length; size++) expect(await textsOf(text, size)).toEqual(["A:1", "B:2"]);
  });

  test("are counted as a person counts them in an editor", async () => {
    const lines = await linesOf(Buffer.from("A:1\r\n\r\nB:2\r\n 3\r\nC:4\r\n"));
    expect(lines.map(({ text, line }) => [text, line])).toEqual([
      ["A:1", 1],
      ["B:23", 3],
      ["C:4", 5],
    ]);
  });

  test("that were folded inside a character come out whole", async () => {
    const bytes = Buffer.from("SUMMARY:Grüße");
    const cut = bytes.indexOf(0xc3) + 1;
    const folded = Buffer.concat([bytes.subarray(0, cut), Buffer.from("\r\n "), bytes.subarray(cut)]);
    expect((await linesOf(folded)).map(({ text }) => text)).toEqual(["SUMMARY:Grüße"]);
  });

  test("in UTF-16 and in Windows-1252 are understood", async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("A:Grüße\r\n", "utf16le")]);
    expect((await linesOf(utf16, 3)).map(({ text }) => text)).toEqual(["A:Grüße"]);
    expect((await linesOf(Buffer.from("A:Gr\xfc\xdfe\r\n", "latin1"))).map(({ text }) => text)).toEqual([
      "A:Grüße",
    ]);
  });

  test("that are too long keep their beginning, and memory stays bounded", async () => {
    const [line] = await linesOf(Buffer.from(`A:${"x".repeat(500)}\r\n`), 7, 100);
    expect(line).toMatchObject({ truncated: true });
    expect(line?.text).toHaveLength(100);
    const folded = await linesOf(Buffer.from(`A:${"\r\n x".repeat(500)}\r\nB:1`), 7, 100);
    expect(folded.map(({ text, truncated }) => [text.length, truncated])).toEqual([
      [100, true],
      [3, false],
    ]);
  });

  test("of nothing but folds cost no more than their octets", async () => {
    const folds = Buffer.from(" \n".repeat(32 * 1024));
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    function* endless() {
      yield Buffer.from("SUMMARY:x\n");
      for (let piece = 0; piece < 30; piece++) {
        yield folds;
        most = Math.max(most, process.memoryUsage().heapUsed - before);
      }
    }
    const texts = [];
    for await (const { text } of readContentLines(endless())) texts.push(text);
    expect(texts).toEqual(["SUMMARY:x"]);
    expect(most).toBeLessThan(60 * 1024 * 1024);
  });

  test("come back as they were after folding, and no folded line is over 75 octets or cut inside a character", async () => {
    const character = fc.constantFrom("a", "ü", "語", "🎉", " ", ":", ";");
    await fc.assert(
      fc.asyncProperty(
        fc.array(character, { maxLength: 300 }).map((parts) => `SUMMARY:x${parts.join("")}`),
        fc.integer({ min: 1, max: 80 }),
        async (text, size) => {
          const folded = foldLines(text);
          for (const part of folded.split("\r\n")) {
            expect(Buffer.byteLength(part)).toBeLessThanOrEqual(75);
            expect(part).not.toContain("\ufffd");
          }
          expect(await textsOf(`${folded}\r\n`, size)).toEqual([text]);
        },
      ),
    );
  });
});
