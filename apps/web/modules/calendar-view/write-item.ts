import { callApi } from "../api/browser.ts";
import type { Scope } from "../series/series-words.ts";
import type { CalendarItem } from "./calendar-items.ts";
import { instantsOf, type Span } from "./span.ts";

/** What a person can say of an entry or an event. */
export interface EventFields {
  title: string;
  description: string;
  location: string;
}

/** Moves an item. @throws ApiProblem */
export async function saveTime(item: CalendarItem, to: Span, timeZone: string, scope?: Scope): Promise<void> {
  if (item.kind === "booking") {
    const { start } = instantsOf(to, timeZone);
    await callApi(`/v1/bookings/${item.source.uid}/reschedule`, {
      method: "POST",
      body: { start, ...scopeBody(scope) },
    });
  } else {
    await saveItem(item, { span: to }, timeZone, scope);
  }
}

/** Makes an entry in the destination calendar. @throws ApiProblem */
export async function createEntry(fields: EventFields, span: Span, timeZone: string): Promise<void> {
  await callApi("/v1/events", { method: "POST", body: { ...fields, time: { ...span, timeZone } } });
}

/** Changes what differs. @throws ApiProblem */
export async function saveItem(
  item: CalendarItem,
  change: Partial<EventFields> & { span?: Span },
  timeZone: string,
  scope?: Scope,
): Promise<void> {
  const { span, ...fields } = change;
  await callApi(pathOf(item), {
    method: "PATCH",
    body: { ...fields, ...(span ? { time: { ...span, timeZone } } : {}), ...scopeBody(scope) },
  });
}

/** Deletes an entry or an event, also from the calendars that hold it. @throws ApiProblem */
export async function deleteItem(item: CalendarItem, scope?: Scope): Promise<void> {
  const query = scope ? `?${new URLSearchParams({ scope })}` : "";
  await callApi(`${pathOf(item)}${query}`, { method: "DELETE" });
}

function scopeBody(scope: Scope | undefined) {
  return scope ? { scope } : {};
}

function pathOf(item: CalendarItem): `/v1/${string}` {
  return item.kind === "external"
    ? `/v1/external-events/${encodeURIComponent(item.source.id)}`
    : `/v1/events/${item.source.uid}`;
}
