import type { Prisma } from "@calsync/prisma";
import type { ScheduleHours } from "../availability/open-hours.ts";
import type { CreateEventType, EventTypeDto, Host, RecurrenceRule, UpdateEventType } from "../dto.ts";
import type { Sql } from "./BookingRepository.ts";

const EVENT_TYPE = {
  id: true,
  title: true,
  slug: true,
  description: true,
  location: true,
  durationMinutes: true,
  slotIntervalMinutes: true,
  seats: true,
  hidden: true,
  bufferBeforeMinutes: true,
  bufferAfterMinutes: true,
  minimumNoticeMinutes: true,
  maximumDaysAhead: true,
  recurrenceFrequency: true,
  recurrenceInterval: true,
  recurrenceMaxCount: true,
} satisfies Prisma.EventTypeSelect;

type EventTypeRow = Prisma.EventTypeGetPayload<{ select: typeof EVENT_TYPE }>;

function toEventType(row: EventTypeRow): EventTypeDto {
  const { recurrenceFrequency, recurrenceInterval, recurrenceMaxCount, ...rest } = row;
  const recurrence = recurrenceFrequency && {
    frequency: recurrenceFrequency.toLowerCase() as RecurrenceRule["frequency"],
    interval: recurrenceInterval,
    maxCount: recurrenceMaxCount,
  };
  return { ...rest, recurrence };
}

/** What a request says, in columns. */
function toColumns<T extends { recurrence?: RecurrenceRule | null | undefined }>({
  recurrence,
  ...fields
}: T) {
  if (recurrence === undefined) return withoutUndefined(fields);
  return {
    ...withoutUndefined(fields),
    recurrenceFrequency: recurrence && (recurrence.frequency.toUpperCase() as "DAILY" | "WEEKLY" | "MONTHLY"),
    ...(recurrence
      ? { recurrenceInterval: recurrence.interval, recurrenceMaxCount: recurrence.maxCount }
      : {}),
  };
}

const SCHEDULE = {
  timeZone: true,
  availability: { select: { days: true, date: true, startMinute: true, endMinute: true } },
} satisfies Prisma.ScheduleSelect;

const HOST = {
  id: true,
  name: true,
  username: true,
  timeZone: true,
  // The schedule of event types that name none.
  schedules: { select: SCHEDULE, orderBy: { id: "asc" }, take: 1 },
} satisfies Prisma.UserSelect;

/** An event type with all that decides its slots. */
export interface BookableEventType {
  host: Host & { id: number };
  eventType: EventTypeDto;
  /** Null when the host has no schedule: then nothing is offered. */
  schedule: ScheduleHours | null;
}

type ScheduleRow = Prisma.ScheduleGetPayload<{ select: typeof SCHEDULE }>;

/** Finds what a public address names. User names and slugs are compared as they are written: in lower case. */
export async function findByAddress(
  sql: Sql,
  username: string,
  slug: string,
): Promise<BookableEventType | null> {
  return findBookable(sql, { slug, user: { username } });
}

/** The same for an event type that is known. */
export async function findBookableById(sql: Sql, id: number): Promise<BookableEventType | null> {
  return findBookable(sql, { id });
}

async function findBookable(sql: Sql, where: Prisma.EventTypeWhereInput): Promise<BookableEventType | null> {
  const row = await sql.eventType.findFirst({
    where,
    select: { ...EVENT_TYPE, user: { select: HOST }, schedule: { select: SCHEDULE } },
  });
  if (!row) return null;
  const { user, schedule, ...eventType } = row;
  const { schedules, ...host } = user;
  const hours = schedule ?? schedules[0];
  return { host, eventType: toEventType(eventType), schedule: hours ? toHours(hours) : null };
}

/** The schedule of a user's event types that name none; null when the user has none. */
export async function findFirstSchedule(sql: Sql, userId: number): Promise<ScheduleHours | null> {
  const row = await sql.schedule.findFirst({ where: { userId }, select: SCHEDULE, orderBy: { id: "asc" } });
  return row && toHours(row);
}

function toHours({ timeZone, availability }: ScheduleRow): ScheduleHours {
  return {
    timeZone,
    weekly: availability
      .filter(({ date }) => date === null)
      .map(({ days, startMinute, endMinute }) => ({ days, startMinute, endMinute })),
    overrides: availability.flatMap(({ date, startMinute, endMinute }) =>
      date ? [{ date: date.toISOString().slice(0, 10), startMinute, endMinute }] : [],
    ),
  };
}

/** A host's public page: what is not hidden. */
export async function findProfile(
  sql: Sql,
  username: string,
): Promise<{ host: Host; eventTypes: EventTypeDto[] } | null> {
  const row = await sql.user.findUnique({
    where: { username },
    select: {
      name: true,
      username: true,
      timeZone: true,
      eventTypes: { select: EVENT_TYPE, where: { hidden: false }, orderBy: { id: "asc" } },
    },
  });
  if (!row) return null;
  const { eventTypes, ...host } = row;
  return { host, eventTypes: eventTypes.map(toEventType) };
}

/** All event types of a user. */
export async function findOfUser(sql: Sql, userId: number): Promise<EventTypeDto[]> {
  const rows = await sql.eventType.findMany({
    where: { userId },
    select: EVENT_TYPE,
    orderBy: { id: "asc" },
  });
  return rows.map(toEventType);
}

/** @throws a unique violation when the user has another event type with this slug */
export async function create(sql: Sql, userId: number, fields: CreateEventType): Promise<EventTypeDto> {
  return toEventType(
    await sql.eventType.create({ data: { ...toColumns(fields), userId }, select: EVENT_TYPE }),
  );
}

/** Whether the user has such an event type. */
export async function exists(sql: Sql, userId: number, id: number): Promise<boolean> {
  return (await sql.eventType.count({ where: { id, userId } })) > 0;
}

/**
 * Changes an event type, unless it would come to have several seats and a recurrence at once.
 * @returns null when that is so, or when the user has no such event type. @throws a unique violation as {@link create}
 */
export async function update(
  sql: Sql,
  userId: number,
  id: number,
  changes: UpdateEventType,
): Promise<EventTypeDto | null> {
  const [row] = await sql.eventType.updateManyAndReturn({
    where: {
      id,
      userId,
      ...(changes.recurrence && changes.seats === undefined ? { seats: 1 } : {}),
      ...((changes.seats ?? 1) > 1 && changes.recurrence === undefined ? { recurrenceFrequency: null } : {}),
    },
    data: toColumns(changes),
    select: EVENT_TYPE,
  });
  return row ? toEventType(row) : null;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
