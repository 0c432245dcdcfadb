"use client";

import { Alert, Button, buttonClass, Card, Choice, TextArea, TextField } from "@calsync/ui";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem, explainProblem } from "../api/problem.ts";
import type { EventType } from "../api/types.ts";
import { NEW_EVENT_TYPE, readValues, slugFrom } from "./form-values.ts";
import { RecurrenceFields } from "./RecurrenceFields.tsx";

const SLUG_TAKEN = "Another of your event types has this address. Choose another one.";
const WEEK_MINUTES = 7 * 24 * 60;

/** Makes an event type, or changes the one that is given. */
export function EventTypeForm({ eventType, username }: { eventType: EventType | null; username: string }) {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const start = eventType ?? NEW_EVENT_TYPE;
  const [slug, setSlug] = useState(start.slug);
  /** The address follows the title until somebody writes one. */
  const [follows, setFollows] = useState(eventType === null);

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = readValues(new FormData(event.currentTarget));
    setBusy(true);
    setProblem(null);
    try {
      if (eventType) await callApi(`/v1/event-types/${eventType.id}`, { method: "PATCH", body });
      else await callApi("/v1/event-types", { method: "POST", body });
      router.push("/event-types");
      router.refresh();
    } catch (error) {
      setProblem(error);
      setBusy(false);
      window.scrollTo({ top: 0 });
    }
  };
  const errorAt = (path: string) => (problem instanceof ApiProblem ? problem.fields.get(path) : undefined);
  const slugTaken = problem instanceof ApiProblem && problem.code === "slug_taken";
  const minutes = (
    name: keyof typeof NEW_EVENT_TYPE,
    label: string,
    min: number,
    max: number,
    hint?: string,
  ) => (
    <TextField
      {...{ label, name, min, max }}
      {...(hint ? { hint } : {})}
      type="number"
      inputMode="numeric"
      required
      defaultValue={String(start[name])}
      error={errorAt(name)}
    />
  );

  return (
    <form onSubmit={save} className="grid gap-6">
      {problem ? (
        <Alert tone="bad" role="alert" title="It was not saved">
          {slugTaken ? SLUG_TAKEN : explainProblem(problem)}
        </Alert>
      ) : null}
      <Card className="grid gap-5">
        <TextField
          label="Title"
          name="title"
          required
          maxLength={200}
          defaultValue={start.title}
          onChange={(event) => {
            if (follows) setSlug(slugFrom(event.target.value));
          }}
          error={errorAt("title")}
        />
        <TextField
          label="Address"
          name="slug"
          required
          maxLength={80}
          pattern="[a-z0-9]+(-[a-z0-9]+)*"
          title="Lower-case letters, digits and single hyphens"
          hint={`People book it at /${username}/${slug || "…"}`}
          value={slug}
          onChange={(event) => {
            setFollows(false);
            setSlug(event.target.value);
          }}
          error={slugTaken ? SLUG_TAKEN : errorAt("slug")}
        />
        <TextArea
          label="Description"
          name="description"
          maxLength={5_000}
          defaultValue={start.description}
          error={errorAt("description")}
        />
        <TextField
          label="Location"
          name="location"
          maxLength={500}
          hint="A place, a phone number or the address of a call."
          defaultValue={start.location}
          error={errorAt("location")}
        />
      </Card>
      <Card className="grid items-end gap-5 sm:grid-cols-2">
        {minutes("durationMinutes", "Duration in minutes", 5, 1_440)}
        <TextField
          label="Minutes between starts"
          name="slotIntervalMinutes"
          type="number"
          inputMode="numeric"
          min={5}
          max={1_440}
          hint="Left empty, one begins when the other ends."
          defaultValue={start.slotIntervalMinutes ?? ""}
          error={errorAt("slotIntervalMinutes")}
        />
        {minutes("seats", "Seats", 1, 1_000, "How many people can book the same time.")}
        {minutes("bufferBeforeMinutes", "Minutes free before", 0, 1_440)}
        {minutes("bufferAfterMinutes", "Minutes free after", 0, 1_440)}
        {minutes(
          "minimumNoticeMinutes",
          "Notice in minutes",
          0,
          52 * WEEK_MINUTES,
          "Nobody books later than this before the start.",
        )}
        {minutes("maximumDaysAhead", "Days ahead", 1, 730, "Nobody books further ahead than this.")}
      </Card>
      <RecurrenceFields rule={start.recurrence ?? null} errorAt={errorAt} />
      <Card>
        <Choice
          type="checkbox"
          name="hidden"
          defaultChecked={start.hidden}
          label="Hidden"
          detail="Left out of your booking page; whoever has the link can book it."
        />
      </Card>
      <div className="flex flex-wrap gap-3">
        <Button kind="primary" type="submit" busy={busy}>
          {eventType ? "Save changes" : "Create event type"}
        </Button>
        <Link href="/event-types" className={buttonClass("quiet")}>
          Back without saving
        </Link>
      </div>
    </form>
  );
}
