import { enqueueMany } from "@calsync/jobs";
import { AppError, type Clock } from "@calsync/lib";
import type { PrismaClient, PrismaTransaction } from "@calsync/prisma";
import { DEFAULT_POLICY } from "../engine/policy.ts";
import type { SnapshotField } from "../engine/snapshot.ts";
import { PLACEHOLDERS, unknownPlaceholders } from "../engine/template.ts";
import type { EventView } from "../engine/view.ts";
import { pullCalendarJob } from "../jobs/pull-calendar.job.ts";
import { pushCalendarJob } from "../jobs/push-calendar.job.ts";
import {
  type CalendarPreferenceRow,
  PreferenceRepository,
  type PreferenceRow,
  type TeamRow,
} from "../repositories/PreferenceRepository.ts";
import type { StoredPolicy } from "../repositories/rows.ts";
import { inTransaction } from "../repositories/transaction.ts";

/** What a host wants of sync for all of their calendars. */
export type SyncPreferences = PreferenceRow;

/** The preferences in which a calendar may differ from its host's. */
export type OverridablePreferences = Omit<SyncPreferences, "enabled" | "unreadableCalendar">;

/** What holds for one calendar. */
export interface CalendarPreferences {
  calendarSyncId: string;
  name: string;
  enabled: boolean;
  /** Where the calendar differs from its host's preferences. */
  overrides: Partial<OverridablePreferences>;
  /** What comes of both. */
  effective: OverridablePreferences;
}

/** New values; members that are left out, or undefined, stay. */
type Patch<T> = { [K in keyof T]?: T[K] | undefined };

/** New values for one calendar; `"inherit"` takes the host's preference again. */
export type CalendarPreferencesPatch = Patch<
  { enabled: boolean } & { [K in keyof OverridablePreferences]: OverridablePreferences[K] | "inherit" }
>;

/** A team and the part that its member has in it. */
export type SyncTeam = TeamRow;

/** How much of a booking a destination shows, and by which templates. */
export type DestinationView = Omit<EventView, "attendees">;

/** Everything that hosts, teams and operators may wish of sync. */
export interface SyncPreferenceService {
  get(userId: number): Promise<SyncPreferences>;
  /** Changes the given members. What was switched off and is on again, or goes both ways again, is reconciled. */
  update(userId: number, patch: Patch<SyncPreferences>): Promise<SyncPreferences>;
  /** @throws not-found `calendar_not_found`, also when it is somebody else's */
  getCalendar(userId: number, calendarSyncId: string): Promise<CalendarPreferences>;
  /** What holds for each calendar that the user has in use, by name. Two statements. */
  listCalendars(userId: number): Promise<CalendarPreferences[]>;
  /** A calendar that is switched off keeps its links to bookings. @throws as `getCalendar` */
  updateCalendar(
    userId: number,
    calendarSyncId: string,
    patch: CalendarPreferencesPatch,
  ): Promise<CalendarPreferences>;
  /**
   * Changes how much a destination shows of bookings; those to come are written anew.
   * @param eventTypeId null for the user's default destination
   * @throws not-found `destination_not_found`; invalid `unknown_placeholder`
   */
  updateDestinationView(
    userId: number,
    eventTypeId: number | null,
    view: Patch<DestinationView>,
  ): Promise<void>;
  listTeams(userId: number): Promise<SyncTeam[]>;
  /** @throws not-found `team_not_found`; forbidden `team_role_missing` for plain members */
  switchTeam(userId: number, teamId: number, enabled: boolean): Promise<SyncTeam>;
  /** Whether sync runs at all in this installation. */
  isOn(): Promise<boolean>;
  /** The kill switch: off, no effect of sync begins any more, and those under way end within seconds. Nothing is lost. */
  switchAll(on: boolean): Promise<void>;
}

const DEFAULTS: SyncPreferences = {
  enabled: true,
  direction: "BOTH",
  fields: [...DEFAULT_POLICY.fields],
  conflictPolicy: "LAST_WRITE_WINS",
  massChangeLimit: DEFAULT_POLICY.massChangeLimit,
  outsideHours: "APPLY",
  overlap: "APPLY",
  allDeclined: "KEEP",
  hostDeclined: "KEEP",
  unreadableCalendar: "CLOSE",
  pollIntervalMinutes: null,
};

const POLICY_KEYS = [
  "fields",
  "conflictPolicy",
  "massChangeLimit",
  "outsideHours",
  "overlap",
  "allDeclined",
  "hostDeclined",
] as const satisfies (keyof StoredPolicy)[];

/** The preferences over a database. */
export function createSyncPreferences({
  prisma,
  now,
}: {
  prisma: PrismaClient;
  now: Clock;
}): SyncPreferenceService {
  const rows = new PreferenceRepository();

  /** What may differ by now is read and written: both sides are brought together again. */
  async function reconcile(tx: PrismaTransaction, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await rows.requestPulls(tx, ids, now());
    const pushing = await rows.requestPushes(tx, ids, now());
    await enqueueMany(tx, [
      ...ids.map((id) => ({ job: pullCalendarJob, payload: { calendarSyncId: id } })),
      ...pushing.map((id) => ({ job: pushCalendarJob, payload: { calendarSyncId: id } })),
    ]);
  }

  async function calendarOf(
    tx: PrismaTransaction,
    userId: number,
    id: string,
  ): Promise<CalendarPreferenceRow> {
    const row = await rows.lockCalendar(tx, userId, id);
    if (!row) throw new AppError("not-found", "calendar_not_found", "There is no such calendar.");
    return row;
  }

  const preferencesOf = async (sql: PrismaClient | PrismaTransaction, userId: number) =>
    (await rows.find(sql, userId)) ?? DEFAULTS;

  return {
    get: (userId) => preferencesOf(prisma, userId),
    update: (userId, patch) =>
      inTransaction(prisma, async (tx) => {
        const before = await preferencesOf(tx, userId);
        const given = defined<SyncPreferences>(patch);
        if (given.fields) given.fields = inOrder(given.fields);
        await rows.save(tx, userId, given);
        const after = await preferencesOf(tx, userId);
        if (needsReconcile(before, after)) await reconcile(tx, await rows.findCalendars(tx, [userId]));
        return after;
      }),
    getCalendar: (userId, id) =>
      inTransaction(prisma, async (tx) =>
        toCalendarPreferences(await calendarOf(tx, userId, id), await preferencesOf(tx, userId)),
      ),
    listCalendars: async (userId) => {
      const [host, calendars] = await Promise.all([
        preferencesOf(prisma, userId),
        rows.findAll(prisma, userId),
      ]);
      return calendars.map((row) => toCalendarPreferences(row, host));
    },
    updateCalendar: (userId, id, patch) =>
      inTransaction(prisma, async (tx) => {
        const before = await calendarOf(tx, userId, id);
        const host = await preferencesOf(tx, userId);
        const after = withPatch(before, patch);
        await rows.saveCalendar(tx, after);
        const [was, is] = [toCalendarPreferences(before, host), toCalendarPreferences(after, host)];
        if (
          needsReconcile({ ...was.effective, enabled: was.enabled }, { ...is.effective, enabled: is.enabled })
        )
          await reconcile(tx, [id]);
        return is;
      }),
    updateDestinationView: (userId, eventTypeId, view) =>
      inTransaction(prisma, async (tx) => {
        requireKnownPlaceholders(view);
        if (!(await rows.saveView(tx, userId, eventTypeId, defined<DestinationView>(view)))) {
          throw new AppError("not-found", "destination_not_found", "There is no such destination.", {
            hint: "Choose where bookings are written first: PUT /v1/destination.",
          });
        }
        const calendars = await rows.showAsDestination(tx, userId, eventTypeId, now());
        await enqueueMany(
          tx,
          calendars.map((calendarSyncId) => ({ job: pushCalendarJob, payload: { calendarSyncId } })),
        );
      }),
    listTeams: (userId) => rows.findTeams(prisma, userId),
    switchTeam: (userId, teamId, enabled) =>
      inTransaction(prisma, async (tx) => {
        const [team] = await rows.findTeams(tx, userId, teamId);
        if (!team) throw new AppError("not-found", "team_not_found", "There is no such team.");
        if (team.role === "MEMBER") {
          throw new AppError(
            "forbidden",
            "team_role_missing",
            "Only owners and admins of a team may do this.",
            {
              hint: "Ask an owner of the team.",
            },
          );
        }
        const members = await rows.saveTeam(tx, teamId, enabled);
        if (enabled && !team.twoWaySyncEnabled) await reconcile(tx, await rows.findCalendars(tx, members));
        return { ...team, twoWaySyncEnabled: enabled };
      }),
    isOn: () => rows.findKillSwitch(prisma),
    // What waited is found by the next ticks of the crons: pushes as forgotten ones, pulls as polls that are due.
    switchAll: (on) =>
      inTransaction(prisma, async (tx) => {
        await rows.saveKillSwitch(tx, on);
        if (on) await rows.hastenPulls(tx, now());
      }),
  };
}

/** Switched on, or a way that was closed is open again, or other fields are followed: the sides may have grown apart. */
function needsReconcile(
  before: Pick<SyncPreferences, "enabled" | "direction" | "pollIntervalMinutes">,
  after: Pick<SyncPreferences, "enabled" | "direction" | "pollIntervalMinutes">,
): boolean {
  if (!after.enabled) return false;
  return (
    !before.enabled ||
    before.direction !== after.direction ||
    before.pollIntervalMinutes !== after.pollIntervalMinutes
  );
}

function withPatch(row: CalendarPreferenceRow, patch: CalendarPreferencesPatch): CalendarPreferenceRow {
  const policyOverrides: Record<string, unknown> = { ...row.policyOverrides };
  for (const key of POLICY_KEYS) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === "inherit") delete policyOverrides[key];
    else policyOverrides[key] = key === "fields" ? inOrder(value as SnapshotField[]) : value;
  }
  const own = <T>(value: T | "inherit" | undefined, current: T | null): T | null =>
    value === undefined ? current : value === "inherit" ? null : value;
  return {
    ...row,
    enabled: patch.enabled ?? row.enabled,
    direction: own(patch.direction, row.direction),
    pollIntervalMinutes: own(patch.pollIntervalMinutes, row.pollIntervalMinutes),
    policyOverrides: policyOverrides as StoredPolicy,
  };
}

function toCalendarPreferences(row: CalendarPreferenceRow, host: SyncPreferences): CalendarPreferences {
  const { enabled: _enabled, unreadableCalendar: _unreadable, ...inherited } = host;
  const overrides: Partial<OverridablePreferences> = {
    ...row.policyOverrides,
    ...(row.direction === null ? {} : { direction: row.direction }),
    ...(row.pollIntervalMinutes === null ? {} : { pollIntervalMinutes: row.pollIntervalMinutes }),
  };
  return {
    calendarSyncId: row.id,
    name: row.name,
    enabled: row.enabled,
    overrides,
    effective: { ...inherited, ...overrides },
  };
}

/** @throws invalid `unknown_placeholder` */
function requireKnownPlaceholders({ titleTemplate, descriptionTemplate }: Patch<DestinationView>): void {
  for (const template of [titleTemplate, descriptionTemplate]) {
    const [unknown] = template ? unknownPlaceholders(template) : [];
    if (unknown === undefined) continue;
    throw new AppError("invalid", "unknown_placeholder", `There is no placeholder {${unknown}}.`, {
      hint: `Known ones are ${PLACEHOLDERS.map((name) => `{${name}}`).join(", ")}.`,
    });
  }
}

/** Each field once, in the usual order. */
function inOrder(fields: readonly SnapshotField[]): SnapshotField[] {
  return DEFAULT_POLICY.fields.filter((field) => fields.includes(field));
}

function defined<T extends object>(patch: Patch<T>): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>;
}
