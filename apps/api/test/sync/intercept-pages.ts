import type { CalendarService, ChangePage } from "@calsync/types";

/** Lets a test see, change or break each page before the engine gets it. */
export function interceptPages(
  service: CalendarService,
  onPage: (page: ChangePage) => void | Promise<void>,
): CalendarService {
  return new Proxy(service, {
    get(target, key) {
      if (key !== "onWatchedCalendarChange") {
        const value = Reflect.get(target, key) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async function* (...input: Parameters<CalendarService["onWatchedCalendarChange"]>) {
        for await (const page of target.onWatchedCalendarChange(...input)) {
          await onPage(page);
          yield page;
        }
      };
    },
  });
}
