/** A calendar day without a zone, `yyyy-mm-dd`. */
export type DayString = string;
/** A month, `yyyy-mm`. */
export type MonthString = string;

/** Names of the months. English, because the pages are; of our own, so that server and browser never differ. */
export const MONTH_NAMES: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const DAY_MS = 86_400_000;

/** Names of the days from Monday on. */
export const WEEKDAY_NAMES: readonly string[] = WEEKDAYS;

/** The month that a day is in. */
export function monthOf(day: DayString): MonthString {
  return day.slice(0, 7);
}

/** The month that lies `count` months later, or earlier when it is negative. */
export function addMonths(month: MonthString, count: number): MonthString {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

/** The day that lies `count` days later, or earlier when it is negative. */
export function addDays(day: DayString, count: number): DayString {
  return toDay(toUtc(day) + count * DAY_MS);
}

/** The same day of another month, or that month's last day when it is shorter. */
export function inMonth(day: DayString, month: MonthString): DayString {
  const last = addDays(`${addMonths(month, 1)}-01`, -1);
  const same = `${month}-${day.slice(8)}`;
  return same > last ? last : same;
}

/** 0 for Monday to 6 for Sunday. */
export function weekdayOf(day: DayString): number {
  return (new Date(toUtc(day)).getUTCDay() + 6) % 7;
}

/** The weeks of a month from Monday on; days of the months before and after are null. */
export function weeksOf(month: MonthString): (DayString | null)[][] {
  const weeks: (DayString | null)[][] = [];
  let week: (DayString | null)[] = new Array(weekdayOf(`${month}-01`)).fill(null);
  for (let day = `${month}-01`; monthOf(day) === month; day = addDays(day, 1)) {
    week.push(day);
    if (week.length === 7) {
      weeks.push(week);
      week = [];
    }
  }
  if (week.length > 0) weeks.push([...week, ...new Array(7 - week.length).fill(null)]);
  return weeks;
}

/** `June 2026`. */
export function nameMonth(month: MonthString): string {
  const [year, number] = month.split("-").map(Number);
  return `${MONTH_NAMES[(number ?? 1) - 1]} ${year}`;
}

/** `Wednesday, 3 June 2026`. */
export function nameDay(day: DayString): string {
  return `${WEEKDAYS[weekdayOf(day)]}, ${Number(day.slice(8))} ${nameMonth(monthOf(day))}`;
}

function toUtc(day: DayString): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function toDay(ms: number): DayString {
  return new Date(ms).toISOString().slice(0, 10);
}
