import type { CalendarOperation, CalendarService } from "@calsync/types";

/** The same service, with `before` awaited ahead of every call; a listing of changes waits ahead of each page. */
export function limitService(
  service: CalendarService,
  before: (operation: CalendarOperation) => Promise<void>,
): CalendarService {
  const { renewChannel } = service;
  const after =
    <Args extends unknown[], Result>(
      operation: CalendarOperation,
      call: (...args: Args) => Promise<Result>,
    ): ((...args: Args) => Promise<Result>) =>
    async (...args) => {
      await before(operation);
      return call(...args);
    };
  return {
    capabilities: service.capabilities,
    // Called now and then, by a person who waits.
    ...(service.tables ? { tables: service.tables } : {}),
    listCalendars: after("listCalendars", () => service.listCalendars()),
    getFreeBusy: after("getFreeBusy", (...args) => service.getFreeBusy(...args)),
    createEvent: after("createEvent", (...args) => service.createEvent(...args)),
    updateEvent: after("updateEvent", (...args) => service.updateEvent(...args)),
    deleteEvent: after("deleteEvent", (...args) => service.deleteEvent(...args)),
    getEvent: after("getEvent", (...args) => service.getEvent(...args)),
    watchCalendar: after("watchCalendar", (...args) => service.watchCalendar(...args)),
    ...(renewChannel ? { renewChannel: after("renewChannel", renewChannel.bind(service)) } : {}),
    unwatchCalendar: after("unwatchCalendar", (...args) => service.unwatchCalendar(...args)),
    async *onWatchedCalendarChange(...args) {
      const pages = service.onWatchedCalendarChange(...args)[Symbol.asyncIterator]();
      let last = false;
      try {
        while (!last) {
          await before("onWatchedCalendarChange");
          const next = await pages.next();
          if (next.done) return;
          // After the last page the listing ends without another call.
          last = next.value.complete;
          yield next.value;
        }
        await pages.next();
      } finally {
        await pages.return?.();
      }
    },
  };
}
