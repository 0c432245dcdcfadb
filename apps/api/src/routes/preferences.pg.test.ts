import { createSyncPreferences } from "@calsync/calendar-sync";
import { countStatements, createCalendarSync, createCredential } from "@calsync/prisma/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiWorld, createApiWorld, type SignedIn } from "../test-support/api-world.ts";

let world: ApiWorld;
beforeAll(async () => {
  world = await createApiWorld();
});
afterAll(() => world.close());

/** A host with one calendar that bookings are written to. */
async function hostWithCalendar(name: string) {
  const user = await world.signUp(name);
  const { id: userId } = await world.container.prisma.user.findFirstOrThrow({ where: { username: name } });
  const { id: credentialId } = await createCredential(world.container.prisma, {
    userId,
    provider: "googlecalendar",
  });
  const { id } = await createCalendarSync(world.container.prisma, {
    userId,
    credentialId,
    externalCalendarId: `${name}@gmail.test`,
    pullRequestedAt: null,
  });
  await world.container.prisma.destinationCalendar.create({
    data: {
      userId,
      credentialId,
      externalCalendarId: `${name}@gmail.test`,
      name: "Work",
      calendarSyncId: id,
    },
  });
  return { user, userId, id };
}

const pullWanted = async (id: string) =>
  (await world.container.prisma.calendarSync.findUniqueOrThrow({ where: { id } })).pullRequestedAt !== null;

async function refusal(user: SignedIn, url: string, body: object): Promise<[number, string]> {
  const answer = await user.send("PATCH", url, body);
  return [answer.statusCode, answer.json().code];
}

test("preferences begin with the defaults and change member by member; opening a way reconciles", async () => {
  const { user, id } = await hostWithCalendar("petra");
  const defaults = (await user.get("/v1/preferences")).json();
  expect(defaults).toEqual({
    enabled: true,
    direction: "BOTH",
    fields: ["time", "title", "description", "location", "attendees"],
    conflictPolicy: "LAST_WRITE_WINS",
    massChangeLimit: 10,
    outsideHours: "APPLY",
    overlap: "APPLY",
    allDeclined: "KEEP",
    hostDeclined: "KEEP",
    unreadableCalendar: "CLOSE",
    pollIntervalMinutes: null,
  });
  const changed = await user.send("PATCH", "/v1/preferences", {
    fields: ["title", "time"],
    massChangeLimit: null,
    allDeclined: "CANCEL",
  });
  expect(changed.json()).toEqual({
    ...defaults,
    fields: ["time", "title"],
    massChangeLimit: null,
    allDeclined: "CANCEL",
  });
  expect(await pullWanted(id)).toBe(false);
  await user.send("PATCH", "/v1/preferences", { direction: "FROM_CALENDAR" });
  expect(await pullWanted(id)).toBe(true);
  expect((await user.get("/v1/preferences")).json()).toMatchObject({
    direction: "FROM_CALENDAR",
    fields: ["time", "title"],
  });
});

test("a calendar differs from its host's preferences until it inherits them again", async () => {
  const { user, id } = await hostWithCalendar("quinn");
  await user.send("PATCH", "/v1/preferences", { conflictPolicy: "ASK", massChangeLimit: 3 });
  const own = await user.send("PATCH", `/v1/calendars/${id}/preferences`, {
    conflictPolicy: "CALENDAR_WINS",
    massChangeLimit: null,
    direction: "TO_CALENDAR",
    pollIntervalMinutes: 15,
    fields: ["time"],
  });
  expect(own.json()).toMatchObject({
    enabled: true,
    overrides: {
      conflictPolicy: "CALENDAR_WINS",
      massChangeLimit: null,
      direction: "TO_CALENDAR",
      pollIntervalMinutes: 15,
      fields: ["time"],
    },
    effective: { conflictPolicy: "CALENDAR_WINS", massChangeLimit: null, outsideHours: "APPLY" },
  });
  const back = await user.send("PATCH", `/v1/calendars/${id}/preferences`, {
    conflictPolicy: "inherit",
    massChangeLimit: "inherit",
    direction: "inherit",
    pollIntervalMinutes: "inherit",
    fields: "inherit",
    enabled: false,
  });
  expect(back.json()).toMatchObject({
    enabled: false,
    overrides: {},
    effective: { conflictPolicy: "ASK", massChangeLimit: 3, direction: "BOTH", pollIntervalMinutes: null },
  });
});

test("what holds for all calendars of a host is one answer, of theirs alone and at two statements however many", async () => {
  const { user, id } = await hostWithCalendar("olga");
  await hostWithCalendar("pete");
  const { prisma } = world.database;
  const { credentialId } = await prisma.calendarSync.findUniqueOrThrow({ where: { id } });
  await user.send("PATCH", `/v1/calendars/${id}/preferences`, { direction: "TO_CALENDAR" });
  for (const name of ["a first", "z last"])
    await createCalendarSync(prisma, { userId: user.userId, credentialId, name });
  const { calendars } = (await user.get("/v1/calendars/preferences")).json();
  expect(calendars).toMatchObject([{ name: "a first" }, { calendarSyncId: id }, { name: "z last" }]);
  expect(calendars[1]).toEqual((await user.get(`/v1/calendars/${id}/preferences`)).json());
  const preferences = createSyncPreferences({ prisma, now: () => new Date() });
  const { count } = await countStatements(prisma, () => preferences.listCalendars(user.userId));
  expect(count).toBe(2);
});

test("what makes no sense, or belongs to somebody else, is refused", async () => {
  const { id } = await hostWithCalendar("rosa");
  const stranger = await world.signUp("stan");
  expect(await refusal(stranger, `/v1/calendars/${id}/preferences`, { enabled: false })).toEqual([
    404,
    "calendar_not_found",
  ]);
  expect((await stranger.get(`/v1/calendars/${id}/preferences`)).statusCode).toBe(404);
  for (const body of [{}, { fields: ["colour"] }, { massChangeLimit: -1 }, { pollIntervalMinutes: 0 }])
    expect((await stranger.send("PATCH", "/v1/preferences", body)).statusCode).toBe(400);
});

test("a destination shows what its host says; a placeholder that nothing is called is refused by name", async () => {
  const { user, id } = await hostWithCalendar("tara");
  expect(await refusal(user, "/v1/destination", { titleTemplate: "{titel} {host}" })).toEqual([
    400,
    "unknown_placeholder",
  ]);
  const answer = await user.send("PATCH", "/v1/destination", {
    privacy: "TITLE_ONLY",
    titleTemplate: "{guest}",
  });
  expect(answer.json().destination).toMatchObject({
    privacy: "TITLE_ONLY",
    titleTemplate: "{guest}",
    descriptionTemplate: null,
    name: "Work",
  });
  expect(await refusal(user, "/v1/destination", { eventTypeId: 4_711, privacy: "BUSY" })).toEqual([
    404,
    "destination_not_found",
  ]);
  expect(id).toBeTruthy();
});

test("owners and admins switch their team, members do not, others do not see it", async () => {
  const owner = await hostWithCalendar("uma");
  const member = await hostWithCalendar("vera");
  const stranger = await world.signUp("walt");
  const team = await world.container.prisma.team.create({
    data: {
      name: "Crew",
      slug: "crew",
      memberships: {
        create: [
          { userId: owner.userId, role: "OWNER" },
          { userId: member.userId, role: "MEMBER" },
        ],
      },
    },
  });
  const url = `/v1/teams/${team.id}/sync`;
  expect(await refusal(member.user, url, { enabled: false })).toEqual([403, "team_role_missing"]);
  expect(await refusal(stranger, url, { enabled: false })).toEqual([404, "team_not_found"]);
  const off = await owner.user.send("PATCH", url, { enabled: false });
  expect(off.json()).toEqual({
    id: team.id,
    name: "Crew",
    twoWaySyncEnabled: false,
    role: "OWNER",
    memberCount: 2,
  });
  expect((await member.user.get("/v1/teams")).json().teams).toMatchObject([
    { twoWaySyncEnabled: false, role: "MEMBER" },
  ]);
  await owner.user.send("PATCH", url, { enabled: true });
  expect(await pullWanted(member.id)).toBe(true);
});
