"use client";

import { Alert, Button, Choice, TextArea, TextField } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { type FormEvent, useState } from "react";
import { ApiProblem, explainProblem } from "../api/problem.ts";
import { ScopeFields } from "../series/ScopeFields.tsx";
import { EVENT_SCOPES, type Scope } from "../series/series-words.ts";
import { nameZone } from "../time/format.ts";
import { repeats, type WritableItem } from "./calendar-items.ts";
import { fromFields, instantsOf, type Span, toFields } from "./span.ts";
import { createEntry, type EventFields, saveItem } from "./write-item.ts";

/** Makes an entry, or changes one or an event of a connected calendar. `item` is null for a new one. */
export function EventForm({
  item,
  span,
  timeZone,
  onClose,
  onDone,
}: {
  item: WritableItem | null;
  span: Span;
  timeZone: string;
  onClose: () => void;
  onDone: (said: string) => void;
}) {
  const [allDay, setAllDay] = useState(span.allDay);
  const [times, setTimes] = useState(() => toFields(span, timeZone));
  const [scope, setScope] = useState<Scope>("one");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const recurring = item !== null && repeats(item);

  const toggleAllDay = (next: boolean) => {
    setAllDay(next);
    setTimes(({ start, end }) =>
      next
        ? { start: start.slice(0, 10), end: end.slice(0, 10) }
        : { start: `${start.slice(0, 10)}T09:00`, end: `${end.slice(0, 10)}T10:00` },
    );
  };
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const fields: EventFields = {
      title: text("title"),
      description: text("description"),
      location: text("location"),
    };
    const wanted = fromFields({ ...times, allDay }, timeZone);
    if (typeof wanted === "string") return setProblem(wanted);
    setBusy(true);
    setProblem(null);
    try {
      if (item) {
        await saveItem(item, changesOf(item, fields, wanted), timeZone, recurring ? scope : undefined);
      } else {
        await createEntry(fields, wanted, timeZone);
      }
      onDone(item ? "Saved." : `${fields.title} is in your calendar.`);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const errorAt = (path: string) => (problem instanceof ApiProblem ? problem.fields.get(path) : undefined);
  const source = item?.source;
  const inputType = allDay ? "date" : "datetime-local";

  return (
    <Dialog open title={titleOf(item)} onClose={onClose}>
      <form onSubmit={save} className="grid gap-4">
        {problem ? (
          <Alert tone="bad" role="alert" title={item ? "It was not saved" : "The entry was not made"}>
            {typeof problem === "string" ? problem : explainProblem(problem)}
          </Alert>
        ) : null}
        <TextField
          label="Title"
          name="title"
          required
          maxLength={200}
          autoFocus
          defaultValue={item?.title ?? ""}
          error={errorAt("title")}
        />
        <Choice
          type="checkbox"
          label="All day"
          checked={allDay}
          onChange={(event) => toggleAllDay(event.target.checked)}
        />
        <div className="grid gap-4">
          <TextField
            label={allDay ? "First day" : "Begins"}
            type={inputType}
            required
            value={times.start}
            onChange={(event) => setTimes(followStart(times, event.target.value, allDay))}
            error={errorAt("start")}
          />
          <TextField
            label={allDay ? "Last day" : "Ends"}
            type={inputType}
            required
            value={times.end}
            onChange={(event) => setTimes({ ...times, end: event.target.value })}
            error={errorAt("end")}
          />
        </div>
        {allDay ? null : (
          <p className="-mt-2 text-sm text-muted">
            Zone: {nameZone(instantsOf(span, timeZone).start, timeZone)}
          </p>
        )}
        <TextField
          label="Location"
          name="location"
          maxLength={500}
          defaultValue={source?.location ?? ""}
          error={errorAt("location")}
        />
        <TextArea
          label="Notes"
          name="description"
          rows={3}
          maxLength={5_000}
          defaultValue={source?.description ?? ""}
          error={errorAt("description")}
        />
        {recurring ? (
          <ScopeFields legend="It repeats" scopes={EVENT_SCOPES} value={scope} onChange={setScope} />
        ) : null}
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={onClose} disabled={busy}>
            Close without saving
          </Button>
          <Button kind="primary" type="submit" busy={busy}>
            {item ? "Save" : "Add to calendar"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function titleOf(item: WritableItem | null): string {
  if (!item) return "New entry";
  return item.kind === "external" ? `Edit event in ${item.source.calendarName}` : "Edit entry";
}

/** Only what was changed: other fields may have been edited elsewhere meanwhile. */
function changesOf(
  { source, title, span }: WritableItem,
  fields: EventFields,
  wanted: Span,
): Partial<EventFields> & { span?: Span } {
  const moved = wanted.start !== span.start || wanted.end !== span.end || wanted.allDay !== span.allDay;
  return {
    ...(fields.title === title ? {} : { title: fields.title }),
    ...(fields.description === (source.description ?? "").trim() ? {} : { description: fields.description }),
    ...(fields.location === (source.location ?? "").trim() ? {} : { location: fields.location }),
    ...(moved ? { span: wanted } : {}),
  };
}

/** A new beginning takes the end along, so that the length stays. */
function followStart(
  times: { start: string; end: string },
  start: string,
  allDay: boolean,
): { start: string; end: string } {
  const ms = (text: string) => Date.parse(`${text}${allDay ? "T00:00" : ""}Z`);
  const end = new Date(ms(start) + ms(times.end) - ms(times.start));
  if (Number.isNaN(end.getTime())) return { ...times, start };
  return { start, end: end.toISOString().slice(0, allDay ? 10 : 16) };
}
