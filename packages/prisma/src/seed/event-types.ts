import type { PrismaTransaction } from "../client.ts";
import type { EventType, User } from "../generated/client.ts";
import { dateColumn, weekdayFrom } from "./days.ts";

/** The demo host's event types by slug. */
export type DemoEventTypes = Record<"intro" | "deep-dive" | "group-class" | "on-site", EventType>;

const NINE = 9 * 60;
const FIVE_PM = 17 * 60;
const WORKING_DAYS = [1, 2, 3, 4, 5];

/** Hours from nine to five, but for one short Friday-like day and one day off, and the event types of both hosts. */
export async function seedEventTypes(
  tx: PrismaTransaction,
  { dana, robin, now }: { dana: User; robin: User; now: Date },
): Promise<DemoEventTypes> {
  const schedule = await tx.schedule.create({
    data: {
      userId: dana.id,
      name: "Working hours",
      timeZone: dana.timeZone,
      availability: {
        create: [
          { days: WORKING_DAYS, startMinute: NINE, endMinute: FIVE_PM },
          // A short day, and one that is closed.
          {
            days: [],
            date: dateColumn(weekdayFrom(now, dana.timeZone, 8)),
            startMinute: 10 * 60,
            endMinute: 12 * 60,
          },
          { days: [], date: dateColumn(weekdayFrom(now, dana.timeZone, 12)), startMinute: 0, endMinute: 0 },
        ],
      },
    },
  });
  const common = { userId: dana.id, scheduleId: schedule.id };
  const [intro, deepDive, groupClass, onSite] = [
    await tx.eventType.create({
      data: {
        ...common,
        slug: "intro",
        title: "Introduction",
        description: "Half an hour to get to know each other.",
        location: "https://meet.example/dana",
        durationMinutes: 30,
      },
    }),
    await tx.eventType.create({
      data: {
        ...common,
        slug: "deep-dive",
        title: "Deep dive",
        description: "An hour for one question.",
        location: "https://meet.example/dana",
        durationMinutes: 60,
        slotIntervalMinutes: 30,
      },
    }),
    await tx.eventType.create({
      data: {
        ...common,
        slug: "group-class",
        title: "Group class",
        description: "Up to five people learn together.",
        location: "Studio 2, Torstraße 1, Berlin",
        durationMinutes: 90,
        slotIntervalMinutes: 30,
        seats: 5,
      },
    }),
    await tx.eventType.create({
      data: {
        ...common,
        slug: "on-site",
        title: "On-site visit",
        description: "Dana comes to you; half an hour before and after is kept for the way.",
        durationMinutes: 60,
        bufferBeforeMinutes: 30,
        bufferAfterMinutes: 30,
        minimumNoticeMinutes: 24 * 60,
      },
    }),
  ];
  const robinsHours = await tx.schedule.create({
    data: {
      userId: robin.id,
      name: "Working hours",
      timeZone: robin.timeZone,
      availability: { create: [{ days: WORKING_DAYS, startMinute: NINE, endMinute: FIVE_PM }] },
    },
  });
  await tx.eventType.create({
    data: {
      userId: robin.id,
      scheduleId: robinsHours.id,
      slug: "intro",
      title: "Introduction",
      durationMinutes: 30,
    },
  });
  return { intro, "deep-dive": deepDive, "group-class": groupClass, "on-site": onSite };
}
