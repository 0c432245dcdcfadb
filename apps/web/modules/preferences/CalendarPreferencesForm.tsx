"use client";

import { Alert, Button, Card, Choice, SelectField, TextField } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import type { CalendarPreferences, Preferences } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { CHOICE_WISHES, FOLLOWED_FIELDS, limitChoiceOf, readLimit, wordsOfWish } from "./wishes.ts";

/** Takes the host's preference again. */
const INHERIT = "inherit";

/** Where one calendar differs from what holds for all. */
export function CalendarPreferencesForm({
  calendar,
  preferences,
}: {
  calendar: CalendarPreferences;
  preferences: Preferences;
}) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [said, setSaid] = useState("");
  const { overrides, calendarSyncId, name } = calendar;
  const [ownFields, setOwnFields] = useState(overrides.fields !== undefined);
  const [limit, setLimit] = useState<string>(limitChoiceOf(overrides.massChangeLimit));
  const differs = Object.keys(overrides).length > 0 || !calendar.enabled;

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (field: string) => String(form.get(field) ?? "").trim();
    const number = (field: string) => (text(field) === "" ? INHERIT : Number.parseInt(text(field), 10));
    const body = {
      enabled: form.get("enabled") !== null,
      fields: ownFields ? form.getAll("fields") : INHERIT,
      massChangeLimit: readLimit(limit, text("massChangeLimit")),
      pollIntervalMinutes: number("pollIntervalMinutes"),
      ...Object.fromEntries(CHOICE_WISHES.map((wish) => [wish.name, text(wish.name)])),
    };
    setSaid("");
    const path = `/v1/calendars/${calendarSyncId}/preferences` as const;
    if (await run("save", () => callApi(path, { method: "PATCH", body }))) {
      setSaid("Saved.");
      router.refresh();
    }
  };
  return (
    <Card>
      <details open={differs}>
        <summary className="font-semibold wrap-anywhere">
          {name}{" "}
          <span className="font-normal text-muted">
            {calendar.enabled ? (differs ? "· differs" : "· as all calendars") : "· switched off"}
          </span>
        </summary>
        <form onSubmit={save} className="mt-5 grid gap-6" aria-label={`Preferences of ${name}`}>
          <Choice
            type="checkbox"
            name="enabled"
            defaultChecked={calendar.enabled}
            label="Keep in step with this calendar"
            detail="Switched off, its links to bookings are kept."
          />
          <div>
            <Choice
              type="checkbox"
              checked={ownFields}
              onChange={({ target }) => setOwnFields(target.checked)}
              label="Take over other fields from here"
              detail={`Usually: ${wordsOfWish("fields", preferences.fields)}`}
            />
            {ownFields ? (
              <fieldset className="mt-3 grid gap-2 pl-8 sm:grid-cols-3">
                <legend className="sr-only">Fields taken over from {name}</legend>
                {FOLLOWED_FIELDS.map((one) => (
                  <Choice
                    key={one.field}
                    type="checkbox"
                    name="fields"
                    value={one.field}
                    defaultChecked={calendar.effective.fields.includes(one.field)}
                    label={one.name}
                  />
                ))}
              </fieldset>
            ) : null}
          </div>
          <div className="grid items-end gap-5 sm:grid-cols-2">
            {CHOICE_WISHES.map((wish) => (
              <SelectField
                key={wish.name}
                label={wish.label}
                name={wish.name}
                defaultValue={overrides[wish.name] ?? INHERIT}
              >
                <option value={INHERIT}>
                  As all calendars: {wordsOfWish(wish.name, preferences[wish.name]).toLowerCase()}
                </option>
                {wish.choices.map(({ value, text }) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </SelectField>
            ))}
            <SelectField
              label="When many change at once"
              value={limit}
              onChange={({ target }) => setLimit(target.value)}
            >
              <option value={INHERIT}>
                As all calendars: {wordsOfWish("massChangeLimit", preferences.massChangeLimit)}
              </option>
              <option value="never">Never ask</option>
              <option value="own">Ask from a number of its own on</option>
            </SelectField>
            {limit === "own" ? (
              <TextField
                label="Ask when more change at once"
                name="massChangeLimit"
                type="number"
                inputMode="numeric"
                min={0}
                max={100_000}
                required
                defaultValue={overrides.massChangeLimit ?? ""}
              />
            ) : null}
            <TextField
              label="Look every so many minutes"
              name="pollIntervalMinutes"
              type="number"
              inputMode="numeric"
              min={1}
              max={1_440}
              hint={`Empty, as all calendars: ${wordsOfWish("pollIntervalMinutes", preferences.pollIntervalMinutes)}`}
              defaultValue={overrides.pollIntervalMinutes ?? ""}
            />
          </div>
          {problem ? (
            <Alert tone="bad" role="alert" title="It was not saved">
              {problem}
            </Alert>
          ) : null}
          <div className="flex flex-wrap items-center gap-4">
            <Button type="submit" busy={busy !== null}>
              Save<span className="sr-only"> for {name}</span>
            </Button>
            <p role="status" className="text-sm text-good">
              {said}
            </p>
          </div>
        </form>
      </details>
    </Card>
  );
}
