import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { descriptionToText, textToDescription } from "./description.ts";

describe("descriptions", () => {
  test("any text survives the way to Google and back, but for carriage returns", () => {
    const markup = fc.constantFrom(
      "<",
      ">",
      "&",
      "amp;",
      "&lt;",
      "<b>",
      "</p>",
      "<br>",
      "\n",
      "\r\n",
      " ",
      "a",
      "#39;",
    );
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.array(markup).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (original) => {
        expect(descriptionToText(textToDescription(original))).toBe(original.replaceAll("\r\n", "\n"));
      }),
      { numRuns: 2_000 },
    );
  });

  test("text without markup is stored untouched", () => {
    const text = "Agenda:\n- Q&A\n- 3 < 4, https://x.example/?a=1&b=2";
    expect(textToDescription(text)).toBe(text);
  });

  test("text that would read as markup is stored with entities", () => {
    expect(textToDescription("use <b> & &amp;")).toBe("use &lt;b&gt; &amp; &amp;amp;");
  });

  test.each([
    ["One<br>Two<br/>Three", "One\nTwo\nThree"],
    ["<p>First</p><p>Second</p>", "First\n\nSecond"],
    ["<ul><li>milk</li><li>eggs</li></ul>", "- milk\n- eggs"],
    ['<a href="https://x.example/?a=1&amp;b=2">here</a>', "here (https://x.example/?a=1&b=2)"],
    ['<a href="https://x.example/">https://x.example/</a>', "https://x.example/"],
    ['<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"],
    ["<b>bold</b> and <i>more</i>&nbsp;&#8211; &#x1F44B;", "bold and more – 👋"],
    ["<html-blob>Kept <u>text</u></html-blob>", "Kept text"],
    ["Tom &amp; Jerry &unknown; &#0;", "Tom & Jerry &unknown; &#0;"],
    ["<script>alert(1)</script>Safe<!-- hidden -->", "Safe"],
  ])("%j reads as %j", (stored, text) => {
    expect(descriptionToText(stored)).toBe(text);
  });
});
