"use client";

import { Card, Choice, SelectField, TextField } from "@calsync/ui";
import { useState } from "react";
import type { RecurrenceRule } from "../api/types.ts";

/** Whether several appointments can be booked at once, and how far apart they are. */
export function RecurrenceFields({
  rule,
  errorAt,
}: {
  rule: RecurrenceRule | null;
  errorAt: (path: string) => string | undefined;
}) {
  const [repeats, setRepeats] = useState(rule !== null);
  return (
    <Card className="grid gap-5">
      <Choice
        type="checkbox"
        name="repeats"
        checked={repeats}
        onChange={(event) => setRepeats(event.target.checked)}
        label="Can be booked as a series"
        detail="Guests choose how many appointments they book at once."
      />
      {repeats ? (
        <div className="grid items-end gap-5 sm:grid-cols-3">
          <SelectField
            label="Every so many"
            name="frequency"
            defaultValue={rule?.frequency ?? "weekly"}
            error={errorAt("recurrence.frequency")}
          >
            <option value="daily">days</option>
            <option value="weekly">weeks</option>
            <option value="monthly">months</option>
          </SelectField>
          <TextField
            label="How many of them"
            name="interval"
            type="number"
            inputMode="numeric"
            required
            min={1}
            max={52}
            defaultValue={rule?.interval ?? 1}
            error={errorAt("recurrence.interval")}
          />
          <TextField
            label="Appointments at most"
            name="maxCount"
            type="number"
            inputMode="numeric"
            required
            min={2}
            max={100}
            defaultValue={rule?.maxCount ?? 10}
            error={errorAt("recurrence.maxCount")}
          />
        </div>
      ) : null}
    </Card>
  );
}
