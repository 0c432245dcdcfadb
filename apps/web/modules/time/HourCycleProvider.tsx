"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { HourCycle } from "./format.ts";

const Context = createContext<HourCycle>("h23");

/** Tells all times of the page how their reader counts hours. */
export function HourCycleProvider({ cycle, children }: { cycle: HourCycle; children: ReactNode }) {
  return <Context value={cycle}>{children}</Context>;
}

/** How the reader of the page counts hours. */
export function useHourCycle(): HourCycle {
  return useContext(Context);
}
