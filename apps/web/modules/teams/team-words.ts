import type { Team } from "../api/types.ts";

/** Whether this member may switch their team. */
export function maySwitch({ role }: Pick<Team, "role">): boolean {
  return role !== "MEMBER";
}

/** A member's part in their team. */
export const ROLE_NAMES: Record<Team["role"], string> = { OWNER: "Owner", ADMIN: "Admin", MEMBER: "Member" };

/** `1 member`, `12 members`. */
export function countMembers({ memberCount }: Pick<Team, "memberCount">): string {
  return `${memberCount} member${memberCount === 1 ? "" : "s"}`;
}

/** What switching a team off does, before it is done. */
export function consequenceOf(team: Pick<Team, "memberCount">): string {
  const whose = team.memberCount === 1 ? "of its one member" : `of all ${countMembers(team)}`;
  return `From now on no calendar ${whose} is read or written, not even for bookings that have nothing to do with this team. Bookings, events and links stay as they are; what changes meanwhile is brought together when it is switched on again.`;
}

/** What a switch has done. */
export function resultOf({ name, twoWaySyncEnabled }: Pick<Team, "name" | "twoWaySyncEnabled">): string {
  return twoWaySyncEnabled
    ? `Sync of ${name} is on. Its members’ calendars are read and written now.`
    : `Sync of ${name} is off.`;
}

/** The names of teams that keep their member's calendars from being synced; null when none does. */
export function switchedOffBy(teams: readonly Pick<Team, "name" | "twoWaySyncEnabled">[]): string | null {
  const names = teams.filter(({ twoWaySyncEnabled }) => !twoWaySyncEnabled).map(({ name }) => name);
  return names.length === 0 ? null : new Intl.ListFormat("en").format(names);
}
