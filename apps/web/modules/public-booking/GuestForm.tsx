"use client";

import { Alert, Button, TextArea, TextField } from "@calsync/ui";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiProblem, explainProblem } from "../api/problem.ts";

/** What a guest tells of themselves. */
export interface GuestDetails {
  name: string;
  email: string;
  notes: string;
}

/**
 * Asks who books. `onConfirm` rejects with the API's problem, which is shown at the field that it is about.
 */
export function GuestForm({
  details,
  onDetails,
  onConfirm,
  onBack,
}: {
  details: GuestDetails;
  onDetails: (details: GuestDetails) => void;
  onConfirm: () => Promise<void>;
  onBack: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    form.current?.querySelector<HTMLInputElement>('input[name="name"]')?.focus();
  }, []);

  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      // Busy until the next page is there.
      await onConfirm();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const errorAt = (path: string) => (problem instanceof ApiProblem ? problem.fields.get(path) : undefined);
  const set = (change: Partial<GuestDetails>) => onDetails({ ...details, ...change });

  return (
    <form ref={form} onSubmit={confirm} className="grid gap-5">
      {problem ? (
        <Alert tone="bad" role="alert" title="The booking was not made">
          {explainProblem(problem)}
        </Alert>
      ) : null}
      <TextField
        label="Your name"
        name="name"
        autoComplete="name"
        required
        maxLength={100}
        pattern=".*\S.*"
        title="Your name"
        value={details.name}
        onChange={(event) => set({ name: event.target.value })}
        error={errorAt("guest.name")}
      />
      <TextField
        label="Your e-mail"
        name="email"
        type="email"
        autoComplete="email"
        required
        maxLength={254}
        hint="The confirmation and every change go there."
        value={details.email}
        onChange={(event) => set({ email: event.target.value })}
        error={errorAt("guest.email")}
      />
      <TextArea
        label="Notes"
        name="notes"
        maxLength={5_000}
        hint="Anything that helps to prepare."
        value={details.notes}
        onChange={(event) => set({ notes: event.target.value })}
        error={errorAt("notes")}
      />
      <div className="flex flex-wrap gap-3">
        <Button kind="primary" type="submit" busy={busy}>
          Confirm booking
        </Button>
        <Button kind="quiet" onClick={onBack} disabled={busy}>
          Choose another time
        </Button>
      </div>
    </form>
  );
}
