"use client";

import { createContext, type ReactNode, useContext, useState } from "react";
import type { Destination } from "../api/types.ts";

/** A calendar of a connected account. */
export type Place = Pick<Destination, "connectionId" | "calendarId">;

interface Choice {
  /** Where bookings are written, as the host sees it: what they chose just now, else what the server says. */
  chosen: Place | null;
  /** Shows a choice before the server knows it; null takes it back. */
  show(place: Place | null): void;
}

const ChoiceContext = createContext<Choice>({ chosen: null, show: () => {} });

/** Keeps the choice of the one destination over all accounts, so that it shows with the click in each of them. */
export function DestinationChoice({
  destination,
  children,
}: {
  destination: Destination | null;
  children: ReactNode;
}) {
  const [shown, setShown] = useState<{ place: Place; instead: Place | null } | null>(null);
  // The choice stands in for what the server said when it was made; whatever the server says next counts.
  const waiting = shown !== null && isSame(shown.instead, destination);
  const choice: Choice = {
    chosen: waiting ? shown.place : destination,
    show: (place) => setShown(place && { place, instead: destination }),
  };
  return <ChoiceContext value={choice}>{children}</ChoiceContext>;
}

/** The choice of the destination around this component. */
export function useDestinationChoice(): Choice {
  return useContext(ChoiceContext);
}

/** Whether both name one calendar, or none. */
export function isSame(a: Place | null, b: Place | null): boolean {
  return a?.connectionId === b?.connectionId && a?.calendarId === b?.calendarId;
}
