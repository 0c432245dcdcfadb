"use client";

import { useCallback, useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import type { Slots } from "../api/types.ts";
import type { BookingScope } from "../series/series-words.ts";
import { startOfDay } from "../time/zoned.ts";
import type { Slot } from "./slot-days.ts";

/** What is known of one month of slots. */
export type MonthOfSlots =
  | { state: "loading" }
  | { state: "failed"; problem: unknown }
  | { state: "ready"; days: ReadonlyMap<string, readonly Slot[]>; freshness: Slots["freshness"] };

const LOADING: MonthOfSlots = { state: "loading" };

/** A booking that is to be moved, with its guest's secret where a guest looks. */
export interface MovingBooking {
  uid: string;
  token: string | null;
  /** How much of its series is moved with it. */
  scope: BookingScope;
}

/**
 * Fetches the slots of the months that are looked at, each once for a zone, and again on `reload`. What was there stays on the screen
 * while it is read again. With `moving`, those that this booking can be moved to; with
 * `count`, those from which so many appointments of a series are free.
 */
export function useSlots(
  username: string,
  slug: string,
  timeZone: string | null,
  month: string | null,
  moving: MovingBooking | null = null,
  count = 1,
) {
  const uid = moving?.uid;
  const token = moving?.token;
  const scope = moving?.scope ?? "one";
  const [months, setMonths] = useState<ReadonlyMap<string, MonthOfSlots>>(new Map());
  const [round, setRound] = useState(0);
  const key = timeZone && month ? `${round} ${count} ${scope} ${timeZone} ${month}` : null;

  useEffect(() => {
    if (!key || !timeZone || !month) return;
    const aborted = new AbortController();
    const set = (found: MonthOfSlots) =>
      setMonths((before) => new Map(before).set(`${count} ${scope} ${timeZone} ${month}`, found));
    const series = scope === "one" ? {} : { scope };
    const moved = uid ? { rescheduleUid: uid, ...(token ? { token } : {}), ...series } : {};
    const only = { ...moved, ...(count > 1 ? { count: String(count) } : {}) };
    fetchMonth({ username, slug, timeZone, month, only, signal: aborted.signal }).then(
      set,
      (problem: unknown) => {
        if (!aborted.signal.aborted) set({ state: "failed", problem });
      },
    );
    return () => aborted.abort();
  }, [key, username, slug, timeZone, month, uid, token, scope, count]);

  const reload = useCallback(() => setRound((before) => before + 1), []);
  // A page that comes back to the front may show times that went meanwhile.
  useEffect(() => {
    const onVisibility = () => {
      if (!document.hidden) reload();
    };
    document.addEventListener("visibilitychange", onVisibility);
    return () => document.removeEventListener("visibilitychange", onVisibility);
  }, [reload]);

  return { found: months.get(`${count} ${scope} ${timeZone} ${month}`) ?? LOADING, reload };
}

async function fetchMonth({
  username,
  slug,
  timeZone,
  month,
  only,
  signal,
}: {
  username: string;
  slug: string;
  timeZone: string;
  month: string;
  only: { rescheduleUid?: string; token?: string; scope?: string; count?: string };
  signal: AbortSignal;
}): Promise<MonthOfSlots> {
  const query = new URLSearchParams({
    username,
    eventType: slug,
    from: startOfDay(`${month}-01`, timeZone),
    to: startOfDay(firstOfNext(month), timeZone),
    timeZone,
    ...only,
  });
  const { days, freshness } = await callApi<Slots>(`/v1/slots?${query}`, { signal });
  return { state: "ready", days: new Map(days.map(({ date, slots }) => [date, slots])), freshness };
}

function firstOfNext(month: string): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
}
