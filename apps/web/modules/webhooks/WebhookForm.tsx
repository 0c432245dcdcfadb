"use client";

import { Alert, Button, Choice, TextField } from "@calsync/ui";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { Webhook } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { EVENT_NAMES, EVENT_WORDS } from "./webhook-words.ts";

/** Makes a webhook, or changes one. `onSaved` gets the signing secret of a new one, which is shown once. */
export function WebhookForm({
  webhook,
  onSaved,
  onClose,
}: {
  webhook: Webhook | null;
  onSaved: (secret: string | null) => void;
  onClose?: () => void;
}) {
  const { busy, problem, cause, run } = useAction();
  const [events, setEvents] = useState<readonly string[]>(webhook?.events ?? EVENT_NAMES);
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = {
      name: String(form.get("name") ?? "").trim(),
      url: String(form.get("url") ?? "").trim(),
      events,
    };
    void run("save", async () => {
      if (webhook) {
        await callApi(`/v1/webhooks/${webhook.id}`, { method: "PATCH", body });
        onSaved(null);
      } else {
        const { secret } = await callApi<{ secret: string }>("/v1/webhooks", { method: "POST", body });
        onSaved(secret);
      }
    });
  };
  const errorAt = (path: string) => (cause instanceof ApiProblem ? cause.fields.get(path) : undefined);
  return (
    <form onSubmit={save} className="grid gap-5">
      {problem ? (
        <Alert tone="bad" role="alert" title="It was not saved">
          {problem}
        </Alert>
      ) : null}
      <TextField
        label="Address"
        name="url"
        type="url"
        required
        maxLength={2_000}
        placeholder="https://"
        hint="Receives a signed POST request for each piece of news."
        defaultValue={webhook?.url ?? ""}
        error={errorAt("url")}
      />
      <TextField
        label="Name"
        name="name"
        maxLength={100}
        defaultValue={webhook?.name ?? ""}
        error={errorAt("name")}
      />
      <fieldset className="grid gap-2">
        <legend className="mb-2 font-medium">Tell it when</legend>
        {EVENT_NAMES.map((name) => (
          <Choice
            key={name}
            type="checkbox"
            checked={events.includes(name)}
            onChange={({ target }) =>
              setEvents(target.checked ? [...events, name] : events.filter((one) => one !== name))
            }
            label={EVENT_WORDS[name]}
            detail={name}
          />
        ))}
        {errorAt("events") ? <p className="text-sm font-medium text-bad">{errorAt("events")}</p> : null}
      </fieldset>
      <div className="flex flex-wrap justify-end gap-3">
        {onClose ? (
          <Button onClick={onClose} disabled={busy !== null}>
            Close without saving
          </Button>
        ) : null}
        <Button kind="primary" type="submit" busy={busy !== null}>
          {webhook ? "Save" : "Create webhook"}
        </Button>
      </div>
    </form>
  );
}
