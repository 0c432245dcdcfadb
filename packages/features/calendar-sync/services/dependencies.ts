import type { Clock, Logger } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { CalendarGateway } from "../ports/CalendarGateway.ts";
import type { TellHosts } from "../ports/HostNews.ts";
import type { CalendarSyncRepository } from "../repositories/CalendarSyncRepository.ts";
import type { ChangeRecordRepository } from "../repositories/ChangeRecordRepository.ts";
import type { ExternalEventRepository } from "../repositories/ExternalEventRepository.ts";
import type { ReferenceRepository } from "../repositories/ReferenceRepository.ts";
import type { SeriesReferenceRepository } from "../repositories/SeriesReferenceRepository.ts";
import type { SyncRepositories } from "../repositories/sync-repositories.ts";
import type { ChangeApplier } from "./ChangeApplier.ts";
import type { ChangeGuard } from "./ChangeGuard.ts";
import type { SyncSettings } from "./settings.ts";

/** What the services of the engine share. */
export interface EngineDependencies {
  prisma: PrismaClient;
  gateway: CalendarGateway;
  calendars: CalendarSyncRepository;
  references: ReferenceRepository;
  seriesReferences: SeriesReferenceRepository;
  events: ExternalEventRepository;
  applier: ChangeApplier;
  heldChanges: SyncRepositories["heldChanges"];
  guard: ChangeGuard;
  records: ChangeRecordRepository;
  /** Tells hosts of what needs them, in the transaction of what happened. */
  tellHosts: TellHosts;
  settings: SyncSettings;
  now: Clock;
  log: Logger;
  random: () => number;
}
