"use client";

import { Alert, Button, Card, Choice, SelectField, TextField } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { Preferences } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { CHOICE_WISHES, FOLLOWED_FIELDS, readNumber } from "./wishes.ts";

/** What a host wants of sync, for all calendars that do not say otherwise. */
export function PreferencesForm({ preferences }: { preferences: Preferences }) {
  const router = useRouter();
  const { busy, problem, cause, run } = useAction();
  const [said, setSaid] = useState("");
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const body = {
      enabled: form.get("enabled") !== null,
      fields: form.getAll("fields"),
      unreadableCalendar: text("unreadableCalendar"),
      massChangeLimit: readNumber(text("massChangeLimit")),
      pollIntervalMinutes: readNumber(text("pollIntervalMinutes")),
      ...Object.fromEntries(CHOICE_WISHES.map(({ name }) => [name, text(name)])),
    };
    setSaid("");
    if (await run("save", () => callApi("/v1/preferences", { method: "PATCH", body }))) {
      setSaid("Saved. It holds from now on.");
      router.refresh();
    }
  };
  const errorAt = (path: string) => (cause instanceof ApiProblem ? cause.fields.get(path) : undefined);
  return (
    <form onSubmit={save}>
      <Card className="grid gap-6" aria-labelledby="all-calendars-heading">
        <h2 id="all-calendars-heading" className="text-lg font-semibold">
          All calendars
        </h2>
        <Choice
          type="checkbox"
          name="enabled"
          defaultChecked={preferences.enabled}
          label="Keep bookings and calendars equal"
          detail="Switched off, nothing is read or written; what changed meanwhile is brought together afterwards."
        />
        <fieldset>
          <legend className="font-medium">Bookings take over from their events</legend>
          <p className="mb-3 text-sm text-muted">Edits of anything else are left alone in the calendar.</p>
          <div className="grid gap-2 sm:grid-cols-3">
            {FOLLOWED_FIELDS.map(({ field, name }) => (
              <Choice
                key={field}
                type="checkbox"
                name="fields"
                value={field}
                defaultChecked={preferences.fields.includes(field)}
                label={name}
              />
            ))}
          </div>
        </fieldset>
        <div className="grid items-end gap-5 sm:grid-cols-2">
          {CHOICE_WISHES.map(({ name, label, choices }) => (
            <SelectField
              key={name}
              label={label}
              name={name}
              defaultValue={preferences[name]}
              error={errorAt(name)}
            >
              {choices.map(({ value, text }) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </SelectField>
          ))}
          <SelectField
            label="While a calendar cannot be read"
            name="unreadableCalendar"
            defaultValue={preferences.unreadableCalendar}
          >
            <option value="CLOSE">Offer no times</option>
            <option value="WARN">Offer times and warn guests</option>
          </SelectField>
          <TextField
            label="Ask when more change at once"
            name="massChangeLimit"
            type="number"
            inputMode="numeric"
            min={0}
            max={100_000}
            hint="Bookings cancelled or moved by one look at a calendar. Empty never asks."
            defaultValue={preferences.massChangeLimit ?? ""}
            error={errorAt("massChangeLimit")}
          />
          <TextField
            label="Look every so many minutes"
            name="pollIntervalMinutes"
            type="number"
            inputMode="numeric"
            min={1}
            max={1_440}
            hint="Empty: as often as is needed. Providers announce most changes at once."
            defaultValue={preferences.pollIntervalMinutes ?? ""}
            error={errorAt("pollIntervalMinutes")}
          />
        </div>
        {problem ? (
          <Alert tone="bad" role="alert" title="It was not saved">
            {problem}
          </Alert>
        ) : null}
        <div className="flex flex-wrap items-center gap-4">
          <Button kind="primary" type="submit" busy={busy !== null}>
            Save
          </Button>
          <p role="status" className="text-sm text-good">
            {said}
          </p>
        </div>
      </Card>
    </form>
  );
}
