import { expect, test } from "vitest";
import { beginFull, parseCursor, rolled, writeCursor } from "./cursor.ts";

const DAY_MS = 86_400_000;
const from = (start: string, days: number) => ({
  start: new Date(start),
  end: new Date(Date.parse(start) + days * DAY_MS),
});

test("a window is opened wider than wanted, and rolled forward only when it has run out", () => {
  const cursor = { ...beginFull(from("2027-01-01", 365)), full: undefined, link: "https://graph/delta?1" };
  const { full: _, ...settled } = cursor;
  expect(rolled(settled, from("2027-01-31", 365))).toBe(settled);
  expect(rolled(settled, from("2027-04-30", 365))).toEqual({
    v: 1,
    window: ["2027-04-30T00:00:00.000Z", "2028-07-28T00:00:00.000Z"],
    after: "https://graph/delta?1",
  });
});

test("a window is not rolled in the middle of a listing", () => {
  const listing = { ...beginFull(from("2027-01-01", 30)), link: "https://graph/next" };
  expect(rolled(listing, from("2028-01-01", 30))).toBe(listing);
});

test("no window is longer than Graph lists", () => {
  const wanted = from("2027-01-01", 4_000);
  const cursor = beginFull(wanted);
  const [start, end] = cursor.window;
  expect((Date.parse(end) - Date.parse(start)) / DAY_MS).toBe(1_825);
  const { full: _, ...settled } = cursor;
  const linked = { ...settled, link: "https://graph/delta" };
  expect(rolled(linked, wanted)).toBe(linked);
});

test("a cursor survives being stored, and anything else has expired", () => {
  const cursor = beginFull(from("2027-01-01", 30));
  expect(parseCursor(writeCursor(cursor))).toEqual(cursor);
  for (const text of ["", "{}", '{"v":2}', "not a cursor"]) {
    expect(() => parseCursor(text)).toThrow(expect.objectContaining({ code: "CURSOR_EXPIRED" }));
  }
});
