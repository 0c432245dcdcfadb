"use client";

import { Choice } from "@calsync/ui";
import type { CalendarFeed } from "../api/types.ts";
import { PART_NAMES, PARTS } from "./schedule-parts.ts";

/** What of a schedule is written, and how much of it is told. */
export interface ScheduleWish {
  parts: CalendarFeed["parts"];
  details: boolean;
}

/** At the beginning: what others need to know, with all that it says. */
export const USUAL_WISH: ScheduleWish = { parts: ["bookings", "busy"], details: true };

export function ScheduleFields({
  value,
  onChange,
}: {
  value: ScheduleWish;
  onChange: (value: ScheduleWish) => void;
}) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 font-medium">What it holds</legend>
      {PARTS.map((part) => (
        <Choice
          key={part}
          type="checkbox"
          checked={value.parts.includes(part)}
          onChange={({ target }) =>
            onChange({
              ...value,
              parts: PARTS.filter((one) => (one === part ? target.checked : value.parts.includes(one))),
            })
          }
          label={PART_NAMES[part]}
        />
      ))}
      <Choice
        type="checkbox"
        checked={value.details}
        onChange={({ target }) => onChange({ ...value, details: target.checked })}
        label="Titles, places and people"
        detail="Otherwise it only says when you are busy."
      />
    </fieldset>
  );
}
