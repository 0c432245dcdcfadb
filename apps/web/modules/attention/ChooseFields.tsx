"use client";

import { Button, Choice as ChoiceInput, TextField } from "@calsync/ui";
import { type FormEvent, useState } from "react";
import type { FieldComparison, QuestionDetails } from "../api/question-types.ts";
import { describeField, FIELD_NAMES } from "../changes/describe-change.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import { answerOf, type Choices, fieldsToChoose, proposedChoices } from "./choose-fields.ts";

/** Both sides of each field that differs: one is chosen per field, or something else is written. */
export function ChooseFields({
  question,
  timeZone,
  busy,
  onAnswer,
}: {
  question: QuestionDetails;
  timeZone: string;
  busy: string | null;
  onAnswer: (name: string, body: { choice: string; fields?: unknown }) => void;
}) {
  const { comparison } = question;
  const [choices, setChoices] = useState<Choices>(() => proposedChoices(comparison));
  const fields = fieldsToChoose(comparison);
  const all = (side: "local" | "remote") =>
    setChoices(Object.fromEntries(fields.map(({ field }) => [field, side])));
  const apply = (event: FormEvent) => {
    event.preventDefault();
    onAnswer("merge", answerOf(comparison, choices));
  };
  return (
    <form onSubmit={apply} className="mt-6 grid gap-5">
      {fields.length > 1 ? (
        <div className="flex flex-wrap gap-2">
          <Button size="small" onClick={() => all("local")}>
            All as in the booking
          </Button>
          <Button size="small" onClick={() => all("remote")}>
            All as in the calendar
          </Button>
        </div>
      ) : null}
      {fields.map((comparison) => (
        <FieldChoice
          key={comparison.field}
          comparison={comparison}
          choice={choices[comparison.field] ?? comparison.proposal}
          timeZone={timeZone}
          onChoose={(choice) => setChoices((before) => ({ ...before, [comparison.field]: choice }))}
        />
      ))}
      <div>
        <Button kind="primary" type="submit" busy={busy !== null}>
          Use this
        </Button>
        <p className="mt-1.5 text-sm text-muted">
          The booking and all of its calendars get it; guests are told of a new time.
        </p>
      </div>
    </form>
  );
}

function FieldChoice({
  comparison: { field, base, local, remote, changedBy },
  choice,
  timeZone,
  onChoose,
}: {
  comparison: FieldComparison;
  choice: NonNullable<Choices[FieldComparison["field"]]>;
  timeZone: string;
  onChoose: (choice: NonNullable<Choices[FieldComparison["field"]]>) => void;
}) {
  const cycle = useHourCycle();
  const words = (value: unknown) => describeField(field, value, timeZone, cycle);
  const radio = (side: "local" | "remote", name: string, value: unknown) => (
    <ChoiceInput
      type="radio"
      name={field}
      checked={choice === side}
      onChange={() => onChoose(side)}
      label={<span className="wrap-anywhere whitespace-pre-line">{words(value)}</span>}
      detail={changedBy === side ? `${name}, changed last` : name}
    />
  );
  return (
    <fieldset className="rounded-xl border border-line p-4" data-field={field}>
      <legend className="px-1 font-semibold">{FIELD_NAMES[field]}</legend>
      {base === null ? null : <p className="mb-3 text-sm wrap-anywhere text-muted">Before: {words(base)}</p>}
      <div className="grid gap-3">
        {radio("local", "In the booking", local)}
        {radio("remote", "In the calendar", remote)}
        {field === "time" || field === "attendees" ? null : (
          <ChoiceInput
            type="radio"
            name={field}
            checked={typeof choice === "object"}
            onChange={() => onChoose({ text: typeof local === "string" ? local : "" })}
            label="Something else"
          />
        )}
        {typeof choice === "object" ? (
          <TextField
            label={`${FIELD_NAMES[field]} to use`}
            required={field === "title"}
            maxLength={field === "description" ? 5_000 : 500}
            value={choice.text}
            autoFocus
            onChange={(event) => onChoose({ text: event.target.value })}
          />
        ) : null}
      </div>
    </fieldset>
  );
}
