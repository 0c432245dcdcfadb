"use client";

type Listener = () => void;

const listeners = new Set<Listener>();

/** Calls a listener when something of the user's has changed on the server. @returns ends it */
export function onServerChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Tells parts of the page that keep data of their own, beside what the server draws. */
export function announceServerChange(): void {
  for (const listener of [...listeners]) listener();
}
