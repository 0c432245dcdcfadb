import type { ExternalCalendar } from "@calsync/types";
import type { StoredEvent } from "./stored-event.ts";

/** What a calendar in the server consists of. `events` keeps the order of creation. */
export interface MemoryCalendarState {
  readonly info: ExternalCalendar;
  /** Account that owns it: the organizer of what is created in it. */
  readonly owner: string;
  watchable: boolean;
  readonly events: Map<string, StoredEvent>;
  /** Ids in order of change; an entry counts only while it is its event's latest. */
  readonly log: { seq: number; eventId: string }[];
  /** Exceptions and cancelled instances: series id → original start → event id. */
  readonly exceptions: Map<string, Map<string, string>>;
  seq: number;
  /** How many events it has ever held. */
  created: number;
  /** Cursors of an older epoch are refused. */
  epoch: number;
}
