import type { BookingStore } from "../ports/BookingStore.ts";
import type { ChangeRecordRepository } from "../repositories/ChangeRecordRepository.ts";
import type { EngineDependencies } from "./dependencies.ts";

/** What writing to calendars needs. */
export interface PushDependencies extends EngineDependencies {
  store: BookingStore;
  records: ChangeRecordRepository;
}

/** What one push did; one line of the log. */
export interface PushReport {
  /** `lost`: the calendar has gone at its provider; `unread`: it was never pulled. Both wait for a pull. */
  outcome: "pushed" | "disabled" | "gone" | "lost" | "unread";
  created: number;
  updated: number;
  deleted: number;
  unchanged: number;
  failed: number;
  /** How far the provider's clock is ahead of ours, where a new event's stamp has shown it. */
  skewMs: number | null;
}
