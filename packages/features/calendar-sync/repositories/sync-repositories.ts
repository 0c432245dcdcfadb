import type { PrismaClient } from "@calsync/prisma";
import { CalendarSyncRepository } from "./CalendarSyncRepository.ts";
import { ChangeRecordRepository } from "./ChangeRecordRepository.ts";
import { ConflictRepository } from "./ConflictRepository.ts";
import { ExternalEventRepository } from "./ExternalEventRepository.ts";
import { HeldChangeRepository } from "./HeldChangeRepository.ts";
import { ReferenceRepository } from "./ReferenceRepository.ts";
import { SeriesReferenceRepository } from "./SeriesReferenceRepository.ts";
import { StatusRepository } from "./StatusRepository.ts";
import { SubscriptionRepository } from "./SubscriptionRepository.ts";

/** What a class does, without what it keeps to itself: so another class can stand in for it. */
type Public<T> = Pick<T, keyof T>;

/**
 * Everything that the engine stores, behind one seam. Each member has a twin in memory (`test-support/`), over which the
 * model test runs the whole engine thousands of times: a method that is added here is added there (CONTRIBUTING.md).
 */
export interface SyncRepositories {
  calendars: Public<CalendarSyncRepository>;
  references: Public<ReferenceRepository>;
  seriesReferences: Public<SeriesReferenceRepository>;
  events: Public<ExternalEventRepository>;
  records: Public<ChangeRecordRepository>;
  subscriptions: Public<SubscriptionRepository>;
  status: Public<StatusRepository>;
  conflicts: Public<ConflictRepository>;
  heldChanges: Public<HeldChangeRepository>;
}

/** The repositories on PostgreSQL. */
export function sqlRepositories(prisma: PrismaClient): SyncRepositories {
  return {
    calendars: new CalendarSyncRepository(),
    references: new ReferenceRepository(),
    seriesReferences: new SeriesReferenceRepository(),
    events: new ExternalEventRepository(),
    records: new ChangeRecordRepository(),
    subscriptions: new SubscriptionRepository(),
    status: new StatusRepository(prisma),
    conflicts: new ConflictRepository(),
    heldChanges: new HeldChangeRepository(),
  };
}
