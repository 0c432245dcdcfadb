import { jobStats } from "@calsync/jobs";
import { isCalendarError } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import type { CalendarService } from "@calsync/types";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { syncCountRepository } from "../repositories/SyncCountRepository.ts";

/** The numbers of one process, and of the shared database at the time they are asked for. */
export interface Metrics {
  readonly registry: Registry;
  readonly httpDuration: Histogram<"method" | "route" | "status">;
  readonly notifications: Counter<"provider" | "outcome">;
  readonly jobDuration: Histogram<"job" | "outcome">;
  readonly providerCalls: Histogram<"provider" | "operation" | "outcome">;
  readonly heldUpCalls: Counter<"provider" | "outcome">;
}

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of one process in a registry of their own. Gauges of the database read it when `/metrics` is asked for. */
export function createMetrics(prisma: PrismaClient): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "calsync_" });

  new Gauge({
    name: "calsync_jobs",
    help: "Jobs in the queue, by name and state.",
    labelNames: ["job", "state"],
    registers,
    async collect() {
      const { jobs } = await jobStats(prisma);
      this.reset();
      for (const { name, oldestDueMs: _, ...counts } of jobs) {
        for (const [state, count] of Object.entries(counts)) this.set({ job: name, state }, count);
      }
    },
  });
  new Gauge({
    name: "calsync_job_oldest_due_seconds",
    help: "For how long the oldest job that could run has been waiting, by name.",
    labelNames: ["job"],
    registers,
    async collect() {
      const { jobs } = await jobStats(prisma);
      this.reset();
      for (const { name, oldestDueMs } of jobs) this.set({ job: name }, (oldestDueMs ?? 0) / 1_000);
    },
  });
  countsGauge("calsync_calendars", "Calendars that are kept in step, by provider and status.", () =>
    syncCountRepository.calendars(prisma),
  );
  countsGauge("calsync_subscriptions", "Push channels, by provider and status.", () =>
    syncCountRepository.subscriptions(prisma),
  );
  countsGauge("calsync_references", "Links between bookings and events, by provider and status.", () =>
    syncCountRepository.references(prisma),
  );

  function countsGauge(
    name: string,
    help: string,
    read: () => Promise<{ provider: string; status: string; count: number }[]>,
  ) {
    return new Gauge({
      name,
      help,
      labelNames: ["provider", "status"],
      registers,
      async collect() {
        const counts = await read();
        this.reset();
        for (const { provider, status, count } of counts) this.set({ provider, status }, count);
      },
    });
  }

  return {
    registry,
    httpDuration: new Histogram({
      name: "calsync_http_request_duration_seconds",
      help: "Time from a request to its answer.",
      labelNames: ["method", "route", "status"],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    notifications: new Counter({
      name: "calsync_notifications_total",
      help: "Requests at the notification endpoints, by what came of them.",
      labelNames: ["provider", "outcome"],
      registers,
    }),
    jobDuration: new Histogram({
      name: "calsync_job_duration_seconds",
      help: "Runs of jobs in this process.",
      labelNames: ["job", "outcome"],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    providerCalls: new Histogram({
      name: "calsync_provider_call_duration_seconds",
      help: "Calls of this process to providers. `pull` is one page of changes; create, update and delete are pushes.",
      labelNames: ["provider", "operation", "outcome"],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    heldUpCalls: new Counter({
      name: "calsync_provider_calls_held_up_total",
      help: "Calls of this process that waited (`waited`) or came back later (`put-off`) to stay below a provider's limit.",
      labelNames: ["provider", "outcome"],
      registers,
    }),
  };
}

/** Runs `work` and records how long it took, under `ok` or the code of the calendar error that it threw. */
async function timed<T>(
  observe: (outcome: string, seconds: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  let outcome = "ok";
  try {
    return await work();
  } catch (error) {
    outcome = isCalendarError(error) ? error.code : "ERROR";
    throw error;
  } finally {
    observe(outcome, (performance.now() - start) / 1_000);
  }
}

/** The same service, with every call measured. */
export function measureService(
  metrics: Metrics,
  provider: string,
  service: CalendarService,
): CalendarService {
  const as = (operation: string) => (outcome: string, seconds: number) =>
    metrics.providerCalls.observe({ provider, operation, outcome }, seconds);
  const { renewChannel } = service;
  return {
    capabilities: service.capabilities,
    ...(service.tables ? { tables: service.tables } : {}),
    listCalendars: () => timed(as("list-calendars"), () => service.listCalendars()),
    getFreeBusy: (...args) => timed(as("free-busy"), () => service.getFreeBusy(...args)),
    createEvent: (...args) => timed(as("create"), () => service.createEvent(...args)),
    updateEvent: (...args) => timed(as("update"), () => service.updateEvent(...args)),
    deleteEvent: (...args) => timed(as("delete"), () => service.deleteEvent(...args)),
    getEvent: (...args) => timed(as("get"), () => service.getEvent(...args)),
    watchCalendar: (...args) => timed(as("watch"), () => service.watchCalendar(...args)),
    ...(renewChannel
      ? { renewChannel: (...args) => timed(as("renew"), () => renewChannel.apply(service, args)) }
      : {}),
    unwatchCalendar: (...args) => timed(as("unwatch"), () => service.unwatchCalendar(...args)),
    async *onWatchedCalendarChange(...args) {
      const pages = service.onWatchedCalendarChange(...args)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await timed(as("pull"), () => pages.next());
          if (next.done) return;
          yield next.value;
        }
      } finally {
        await pages.return?.();
      }
    },
  };
}
