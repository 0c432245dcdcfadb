import { expect, it } from "vitest";
import { consequenceOf, maySwitch, resultOf, switchedOffBy } from "./team-words.ts";

it("owners and admins may switch their team, members may not", () => {
  expect((["OWNER", "ADMIN", "MEMBER"] as const).map((role) => maySwitch({ role }))).toEqual([
    true,
    true,
    false,
  ]);
});

it("the consequence counts everybody whose calendars are left alone", () => {
  expect(consequenceOf({ memberCount: 12 })).toContain("no calendar of all 12 members is read or written");
  expect(consequenceOf({ memberCount: 1 })).toContain("no calendar of its one member is read or written");
});

it("a switch says what it has done", () => {
  expect(resultOf({ name: "Crew", twoWaySyncEnabled: false })).toBe("Sync of Crew is off.");
  expect(resultOf({ name: "Crew", twoWaySyncEnabled: true })).toContain("read and written now");
});

it("a member learns which of their teams keep their calendars from being synced", () => {
  const team = (name: string, twoWaySyncEnabled: boolean) => ({ name, twoWaySyncEnabled });
  expect(switchedOffBy([team("A", true)])).toBeNull();
  expect(switchedOffBy([team("A", false), team("B", true), team("C", false)])).toBe("A and C");
});
