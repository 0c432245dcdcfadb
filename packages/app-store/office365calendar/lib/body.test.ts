import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { htmlToText, plainText, splitMeeting, textToHtml } from "./body.ts";

/** What Exchange makes of HTML that it is given. */
const rewritten = (html: string) =>
  `<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n<style>p {margin:0}</style></head>\r\n<body>\r\n${html}\r\n</body>\r\n</html>\r\n`;

describe("descriptions", () => {
  test.each([
    "A plain line",
    "Two\nlines\n\nand a gap",
    "Two\n\n\n\ngaps",
    'Tom & Jerry <tom@example.com>, 3 < 4 > 2, "quoted"',
    "A literal &amp; and &lt;b&gt; and <b>bold</b>",
    "Columns    with  spaces\n  and an indent",
    "https://meet.example/room?a=1&b=2",
    "",
  ])("%j survives being rewritten by Exchange", (text) => {
    expect(htmlToText(rewritten(textToHtml(text)))).toBe(text);
  });

  test("any text survives, but for white space at its ends", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", " ", "\n", "<", ">", "&", ";", "lt", '"', "漢", "_") }),
        (text) => {
          expect(htmlToText(rewritten(textToHtml(text)))).toBe(plainText(text));
        },
      ),
    );
  });

  test.each([
    ["<p>One</p><p>Two</p>", "One\n\nTwo"],
    ["<div>One</div><div>Two</div>", "One\nTwo"],
    ["<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"],
    ["<div>One<br></div><div>Two</div>", "One\nTwo"],
    ["<ul>\r\n<li>One</li>\r\n<li>Two</li>\r\n</ul>", "- One\n- Two"],
    [
      'See <a href="https://a.example/?x=1&amp;y=2">the plan</a>',
      "See the plan (https://a.example/?x=1&y=2)",
    ],
    ['<a href="https://a.example/">https://a.example/</a>', "https://a.example/"],
    ["a\r\n   b", "a b"],
    ["Hello <!-- not this -->world", "Hello world"],
  ])("the HTML %j reads as %j", (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });
});

describe("the way into an online meeting", () => {
  const meeting =
    '<div><span style="color:#5F5F5F">________________________________________________________________________________</span></div>' +
    '<div class="me-email-text">Join <a href="https://teams.example/j/1">the meeting</a></div>';

  test("is no part of the description", () => {
    const { own } = splitMeeting(`<html><body>Bring the plan<br>${meeting}</body></html>`);
    expect(htmlToText(own)).toBe("Bring the plan");
  });

  test("stays behind a new description", () => {
    const body = splitMeeting(`<html><body>Bring the plan<br>${meeting}</body></html>`).meeting;
    expect(body).toBe(meeting);
    expect(splitMeeting(textToHtml("Another plan") + body).meeting).toBe(meeting);
  });

  test("a body without one is all description", () => {
    expect(splitMeeting("<p>Notes</p>")).toEqual({ own: "<p>Notes</p>", meeting: "" });
  });
});
