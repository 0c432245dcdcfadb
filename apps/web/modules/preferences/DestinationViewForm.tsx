"use client";

import { Alert, Button, Card, SelectField, TextArea, TextField } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { Destination, DestinationView } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { PLACEHOLDERS, previewEvent, unknownPlaceholders } from "./preview-event.ts";

/** How much of bookings a destination calendar shows, and in which words, with a picture of it. */
export function DestinationViewForm({
  destination,
  usedFor,
}: {
  destination: Destination & DestinationView;
  /** The event type that it is of, or all of them. */
  usedFor: string;
}) {
  const router = useRouter();
  const { busy, problem, cause, run } = useAction();
  const [said, setSaid] = useState("");
  const [privacy, setPrivacy] = useState(destination.privacy);
  const [title, setTitle] = useState(destination.titleTemplate ?? "");
  const [description, setDescription] = useState(destination.descriptionTemplate ?? "");
  const view: DestinationView = {
    privacy,
    titleTemplate: title.trim() || null,
    descriptionTemplate: description.trim() || null,
  };
  const shown = previewEvent(view);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setSaid("");
    const body = { eventTypeId: destination.eventTypeId, ...view };
    if (await run("save", () => callApi("/v1/destination", { method: "PATCH", body }))) {
      setSaid("Saved. Coming bookings are written anew.");
      router.refresh();
    }
  };
  const errorOf = (name: string, template: string) => {
    const unknown = unknownPlaceholders(template);
    if (unknown.length > 0) return `There is no {${unknown[0]}}.`;
    return cause instanceof ApiProblem ? cause.fields.get(name) : undefined;
  };
  return (
    <Card aria-label={`What ${destination.name} shows`}>
      <h3 className="font-semibold wrap-anywhere">{destination.name}</h3>
      <p className="text-sm text-muted">{usedFor}</p>
      <form onSubmit={save} className="mt-4 grid gap-5 sm:grid-cols-2">
        <div className="grid content-start gap-5">
          <SelectField
            label="Show there"
            value={privacy}
            onChange={({ target }) => setPrivacy(target.value as DestinationView["privacy"])}
          >
            <option value="FULL">Everything</option>
            <option value="TITLE_ONLY">The title only</option>
            <option value="BUSY">Just that I am busy</option>
          </SelectField>
          <TextField
            label="Title"
            maxLength={500}
            placeholder={privacy === "BUSY" ? "Busy" : "{title}"}
            value={title}
            onChange={({ target }) => setTitle(target.value)}
            error={errorOf("titleTemplate", title)}
          />
          {privacy === "FULL" ? (
            <TextArea
              label="Notes"
              rows={3}
              maxLength={5_000}
              placeholder="{description}"
              value={description}
              onChange={({ target }) => setDescription(target.value)}
              error={errorOf("descriptionTemplate", description)}
            />
          ) : null}
          <p className="text-sm text-muted">
            Can be used: {PLACEHOLDERS.map((name) => `{${name}}`).join(" ")}
          </p>
        </div>
        <figure className="self-start rounded-xl bg-sunken p-4">
          <figcaption className="text-sm text-muted">How an example looks there</figcaption>
          <div className="mt-2 rounded-lg border-l-4 border-accent bg-surface p-3">
            <p className="font-semibold wrap-anywhere">{shown.title}</p>
            <p className="text-sm">Wednesday, 09:00 – 09:30</p>
            {shown.location ? <p className="text-sm text-muted">{shown.location}</p> : null}
            {shown.description ? (
              <p className="mt-1 text-sm wrap-anywhere whitespace-pre-line text-muted">{shown.description}</p>
            ) : null}
          </div>
          {privacy === "FULL" ? null : (
            <p className="mt-3 text-sm text-muted">
              A private event. Its time is followed from there; its words are not.
            </p>
          )}
        </figure>
        <div className="sm:col-span-2">
          {problem ? (
            <Alert tone="bad" role="alert" className="mb-4" title="It was not saved">
              {problem}
            </Alert>
          ) : null}
          <div className="flex flex-wrap items-center gap-4">
            <Button type="submit" busy={busy !== null}>
              Save<span className="sr-only"> what {destination.name} shows</span>
            </Button>
            <p role="status" className="text-sm text-good">
              {said}
            </p>
          </div>
        </div>
      </form>
    </Card>
  );
}
