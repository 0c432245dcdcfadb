"use client";

import { useSyncExternalStore } from "react";

/** The browser's own IANA zone; null while the page is not alive yet, because the server cannot know it. */
export function useBrowserZone(): string | null {
  return useSyncExternalStore(neverChanges, detect, () => null);
}

function detect(): string {
  // Empty or undefined where a browser hides it from pages.
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function neverChanges(): () => void {
  return () => {};
}
