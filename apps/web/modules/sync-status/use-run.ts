"use client";

import { useEffect, useState } from "react";
import { callApi } from "../api/browser.ts";
import type { SyncRun } from "../api/types.ts";
import { type Action, useAction } from "../api/use-action.ts";

const LOOK_MS = 1_000;

/** Starts a sync or a check and follows it until it is done. */
export function useRun(): {
  run: SyncRun | null;
  action: Action;
  /** @param path `/v1/sync/runs` or `/v1/sync/doctor` */
  start(path: "/v1/sync/runs" | "/v1/sync/doctor", body: unknown): Promise<boolean>;
} {
  const [run, setRun] = useState<SyncRun | null>(null);
  const action = useAction();
  const id = run?.id;
  const done = run === null || run.status === "done";

  useEffect(() => {
    if (!id || done) return;
    const aborted = new AbortController();
    const look = async () => {
      try {
        const answer = await callApi<{ run: SyncRun }>(`/v1/sync/runs/${id}`, { signal: aborted.signal });
        setRun((before) => (before?.id === answer.run.id ? answer.run : before));
      } catch {
        // Looked at again in a moment.
      }
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => {
      clearInterval(timer);
      aborted.abort();
    };
  }, [id, done]);

  const start = (path: "/v1/sync/runs" | "/v1/sync/doctor", body: unknown) =>
    action.run("start", async () => {
      const answer = await callApi<{ run: SyncRun }>(path, { method: "POST", body });
      setRun(answer.run);
    });
  return { run, action, start };
}
