export * from "./dto.ts";
export * from "./entries-dto.ts";
export { type BookingStoreOptions, createBookingStore } from "./services/booking-store.ts";
export { type BookingService, createBookingService } from "./services/create-booking-service.ts";
export type { BookingDependencies, BookingLog } from "./services/dependencies.ts";
export {
  createEntryService,
  type EntryDependencies,
  type EntryService,
  type WritableCalendar,
} from "./services/entries.ts";
export { createGuestTokens, type GuestIdentity, type GuestTokens } from "./services/guest-tokens.ts";
export { findHostHours } from "./services/host-hours.ts";
export type { BusyLookup } from "./services/offered.ts";
export type { Viewer } from "./services/viewer.ts";
