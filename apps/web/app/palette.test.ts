import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./globals.css", import.meta.url), "utf8");
const palette = new Map(
  [...css.matchAll(/--color-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }] as const,
  ),
);

const calendarCss = readFileSync(new URL("../modules/calendar-view/calendar.css", import.meta.url), "utf8");
/** What each kind of item of the calendar is drawn in: its ground and the text on it, as names of the palette. */
const ITEMS = [...calendarCss.matchAll(/--item-ground-([a-z]+): var\(--color-([a-z-]+)\)/g)].map(
  ([, kind = "", ground = ""]) => {
    const ink = new RegExp(`--item-ink-${kind}: var\\(--color-([a-z-]+)\\)`).exec(calendarCss)?.[1] ?? "";
    return { kind, ground, ink };
  },
);

/** Text on what it stands on, wherever a page or a shared component puts the two together. */
const TEXT: [string, string[]][] = [
  ["ink", ["ground", "surface", "sunken", "accent-soft", "good-soft", "warn-soft", "bad-soft"]],
  ["muted", ["ground", "surface", "sunken", "good-soft", "warn-soft", "bad-soft", "accent-soft"]],
  ["accent", ["ground", "surface", "accent-soft", "sunken"]],
  ["good", ["surface", "good-soft"]],
  ["warn", ["surface", "warn-soft"]],
  ["bad", ["ground", "surface", "bad-soft"]],
  ["accent-ink", ["accent", "accent-strong"]],
  ["bad-ink", ["bad", "bad-strong"]],
];

describe.each(["light", "dark"] as const)("the %s palette", (scheme) => {
  const colour = (name: string) => palette.get(name)![scheme];

  it("lets all text be read (WCAG 2.2, 1.4.3: 4.5 to 1)", () => {
    const weak = TEXT.flatMap(([text, grounds]) =>
      grounds
        .map((ground) => ({ text, ground, ratio: contrast(colour(text), colour(ground)) }))
        .filter(({ ratio }) => ratio < 4.5),
    );
    expect(weak).toEqual([]);
  });

  it("lets every kind of item in the calendar be read", () => {
    expect(ITEMS.map(({ kind }) => kind)).toEqual(["booking", "entry", "external", "imported"]);
    for (const { kind, ground, ink } of ITEMS)
      expect(contrast(colour(ink), colour(ground)), kind).toBeGreaterThanOrEqual(4.5);
  });

  it("lets edges of fields be seen (1.4.11: 3 to 1)", () => {
    for (const ground of ["ground", "surface"]) {
      expect(contrast(colour("line-strong"), colour(ground))).toBeGreaterThanOrEqual(3);
    }
  });
});

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance as WCAG defines it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
