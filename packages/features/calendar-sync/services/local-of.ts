import type { LocalItem } from "../ports/BookingStore.ts";
import type { ReferenceRow } from "../repositories/rows.ts";

/**
 * The booking as the calendar of one of its references is to see it: for a reference that is detached it does not stand, so
 * that its event is taken away and stays away.
 */
export function localOf(reference: ReferenceRow, items: ReadonlyMap<number, LocalItem>): LocalItem | null {
  const item = items.get(reference.bookingId) ?? null;
  if (item === null || !reference.detached) return item;
  return { ...item, active: false, changedAt: { ...item.changedAt, status: item.createdAt } };
}
