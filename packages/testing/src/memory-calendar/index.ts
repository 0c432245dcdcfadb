export type { MemoryCall, MemoryFault, MemoryFaults, MemoryMethod } from "./faults.ts";
export { MEMORY_CAPABILITIES, MemoryCalendar } from "./MemoryCalendar.ts";
export {
  MemoryCalendarServer,
  type MemoryCalendarServerOptions,
  type MemoryNotification,
} from "./MemoryCalendarServer.ts";
export { MemoryCredential } from "./MemoryCredential.ts";
export type { MemoryPerson, PersonFields } from "./MemoryPerson.ts";
export { memoryCalendarProvider, toNotificationRequest } from "./memory-provider.ts";
