import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { ExternalEdit, ExternalItem } from "../api/types.ts";
import type { Scope } from "../series/series-words.ts";
import type { WritableItem } from "./calendar-items.ts";
import { instantsOf, type Span, shiftSeries } from "./span.ts";

/** What a person can say of an entry or an event. */
export interface EventFields {
  title: string;
  description: string;
  location: string;
}

/** Moves an item. @throws ApiProblem */
export async function saveTime(item: WritableItem, to: Span, timeZone: string, scope?: Scope): Promise<void> {
  if (item.kind === "booking") {
    const { start } = instantsOf(to, timeZone);
    await callApi(`/v1/bookings/${item.source.uid}/reschedule`, {
      method: "POST",
      body: { start },
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
  item: WritableItem,
  change: Partial<EventFields> & { span?: Span },
  timeZone: string,
  scope?: Scope,
): Promise<void> {
  const { span, ...fields } = change;
  const wanted = span && (await timeToSend(item, span, timeZone, scope));
  await callApi(pathOf(item), {
    method: "PATCH",
    body: { ...fields, ...(wanted ? { time: { ...wanted, timeZone } } : {}), ...whichOf(item, scope) },
  });
}

/** Deletes an entry or an event, also from the calendars that hold it. @throws ApiProblem */
export async function deleteItem(item: WritableItem, scope?: Scope): Promise<void> {
  await callApi(`${pathOf(item)}?${new URLSearchParams(whichOf(item, scope))}`, { method: "DELETE" });
}

/** Says which side counts of an edit that met another one in the calendar. @throws ApiProblem */
export async function settleEdit(edit: ExternalEdit, choice: "mine" | "calendar"): Promise<void> {
  await callApi(`/v1/external-edits/${edit.id}/resolve`, { method: "POST", body: { choice } });
}

/** A whole series is told where its first occurrence goes. */
async function timeToSend(
  item: WritableItem,
  to: Span,
  timeZone: string,
  scope: Scope | undefined,
): Promise<Span> {
  if (item.kind !== "external" || scope !== "all") return to;
  const { event } = await callApi<{ event: ExternalItem }>(`${pathOf(item)}?scope=series`);
  const moved = event.time && shiftSeries(event.time, item.span, to, timeZone);
  if (moved) return moved;
  throw new ApiProblem({
    status: 0,
    code: "series_shape",
    detail: "The whole series cannot be changed in this way here.",
    hint: "Change only this one, or the series in its calendar.",
  });
}

/** Names one occurrence of an event that repeats, or all of them. */
function whichOf(item: WritableItem, scope: Scope | undefined): Record<string, string> {
  if (item.kind !== "external") return {};
  const { recurring, originalStart } = item.source;
  if (!recurring) return {};
  if (scope === "all") return { scope: "series" };
  return { scope: "occurrence", ...(originalStart ? { originalStart } : {}) };
}

function pathOf(item: WritableItem): `/v1/${string}` {
  return item.kind === "external"
    ? `/v1/external-events/${encodeURIComponent(item.source.id)}`
    : `/v1/events/${item.source.uid}`;
}
