import type { Clock } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { SubscriptionRepository } from "../repositories/SubscriptionRepository.ts";
import type { SyncSettings } from "../services/settings.ts";

/** The crons. Each runs by HTTP, by command line and on the worker's own schedule, over one function. */
export const CRON_NAMES = ["calendar-sync", "calendar-subscriptions", "calendar-doctor"] as const;
/** Name of a cron, as its route and the command line call it. */
export type CronName = (typeof CRON_NAMES)[number];

/** What a tick did: a count per kind of work. */
export type CronReport = Record<string, number>;

/** What crons work with. */
export interface CronDependencies {
  prisma: PrismaClient;
  calendars: CalendarSyncRepository;
  subscriptions: SubscriptionRepository;
  settings: SyncSettings;
  now: Clock;
  random: () => number;
}
