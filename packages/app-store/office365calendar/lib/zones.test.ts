import { expect, test } from "vitest";
import { fromGraphZone, isSameGraphZone, toGraphZone } from "./zones.ts";

test.each([
  ["UTC", "UTC"],
  ["Europe/Berlin", "W. Europe Standard Time"],
  ["Europe/Vienna", "W. Europe Standard Time"],
  ["America/Los_Angeles", "Pacific Standard Time"],
  ["Asia/Kolkata", "India Standard Time"],
  ["Asia/Kathmandu", "Nepal Standard Time"],
  ["America/Argentina/Buenos_Aires", "Argentina Standard Time"],
  ["Australia/Lord_Howe", "Lord Howe Standard Time"],
])("the zone %s is told to Graph as %s", (zone, windows) => {
  expect(toGraphZone(zone)).toBe(windows);
});

test.each([
  ["W. Europe Standard Time", "Europe/Berlin"],
  ["India Standard Time", "Asia/Kolkata"],
  ["Nepal Standard Time", "Asia/Kathmandu"],
  ["Argentina Standard Time", "America/Argentina/Buenos_Aires"],
  ["UTC", "UTC"],
  ["Europe/Vienna", "Europe/Vienna"],
  ["tzone://Microsoft/Custom", null],
  ["", null],
  ["Middle-earth Standard Time", null],
])("the name %s stands for the zone %s", (name, zone) => {
  expect(fromGraphZone(name)).toBe(zone);
});

test("every zone of this machine that Graph has a name for comes back with the same clock", () => {
  const clock = (zone: string, month: number) =>
    new Intl.DateTimeFormat("en", { timeZone: zone, timeStyle: "short", hour12: false }).format(
      Date.UTC(2027, month, 15, 12),
    );
  const differing = Intl.supportedValuesOf("timeZone").filter((zone) => {
    const back = fromGraphZone(toGraphZone(zone));
    return back === null || [0, 6].some((month) => clock(zone, month) !== clock(back, month));
  });
  // Windows groups zones more coarsely than the IANA database: these few do not have the same clock as the one that stands for their group.
  expect(differing.length).toBeLessThan(12);
});

test("zones that share a Windows name are one to Graph", () => {
  expect(isSameGraphZone("Europe/Vienna", "Europe/Berlin")).toBe(true);
  expect(isSameGraphZone("Europe/London", "Europe/Berlin")).toBe(false);
});
