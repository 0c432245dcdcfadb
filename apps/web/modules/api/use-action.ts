"use client";

import { useCallback, useRef, useState } from "react";
import { explainProblem } from "./problem.ts";

/** What a person has asked for, while it is under way and when it failed. */
export interface Action {
  /** Name of what is under way; null when nothing is. */
  busy: string | null;
  /** Why the last one failed, in words. */
  problem: string | null;
  /** The same as it was thrown, for errors of single fields. */
  cause: unknown;
  /** Does one thing at a time; a second one meanwhile is left out. @returns whether it succeeded */
  run(name: string, work: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

/** Keeps busy state and failure of the actions of a component. */
export function useAction(): Action {
  const [busy, setBusy] = useState<string | null>(null);
  const [cause, setCause] = useState<unknown>(null);
  const running = useRef(false);
  const run = useCallback(async (name: string, work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(name);
    setCause(null);
    try {
      await work();
      return true;
    } catch (error) {
      setCause(error);
      return false;
    } finally {
      running.current = false;
      setBusy(null);
    }
  }, []);
  const clear = useCallback(() => setCause(null), []);
  return { busy, problem: cause === null ? null : explainProblem(cause), cause, run, clear };
}
