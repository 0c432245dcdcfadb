"use client";

import { useSyncExternalStore } from "react";
import { formatMoment, formatRelative } from "./format.ts";
import { useHourCycle } from "./HourCycleProvider.tsx";

const TICK_MS = 15_000;

/** How long ago something was, kept up to date; the moment itself until the page is alive, and as the tooltip. */
export function RelativeTime({ instant, timeZone }: { instant: string; timeZone: string }) {
  const now = useSyncExternalStore(subscribe, readTick, () => null);
  const moment = formatMoment(instant, timeZone, useHourCycle());
  return (
    <time dateTime={instant} title={moment}>
      {now === null ? moment : formatRelative(instant, now)}
    </time>
  );
}

/** All of a page's relative times share one timer. */
const listeners = new Set<() => void>();
let tick: number | null = null;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    tick = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The same value until the next tick, as React asks of a snapshot; a page that was without times for a while starts anew. */
function readTick(): number {
  if (tick === null || Date.now() - tick >= TICK_MS) tick = Date.now();
  return tick;
}
