"use client";

import { Alert, Button, SelectField, TextField } from "@calsync/ui";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { CalendarTable } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";

type Mapping = CalendarTable["guess"];
type Field = CalendarTable["columns"][number]["fits"][number];

/** The fields in the order in which people think of them; the first two cannot be left out. */
const FIELDS: readonly { field: Field; label: string; hint?: string }[] = [
  { field: "title", label: "Title" },
  { field: "time", label: "Date" },
  { field: "description", label: "Description" },
  { field: "location", label: "Place" },
  { field: "status", label: "Status" },
  { field: "attendees", label: "Guests", hint: "Written for you to read; changes there invite nobody." },
  { field: "link", label: "Link", hint: "The address of the meeting, written for you to follow." },
];
const NEEDED: readonly Field[] = ["title", "time"];

/** Which column of a table holds which field of an event, and how its rows are taken. */
export function TableColumns({
  path,
  table,
  onSaved,
  onClose,
}: {
  path: `/v1/${string}`;
  table: CalendarTable;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { busy, problem, cause, run } = useAction();
  const [mapping, setMapping] = useState<Mapping>(() => choosable(table));
  const [minutes, setMinutes] = useState(String(mapping.defaultMinutes));
  const refused = cause instanceof ApiProblem ? cause.fields : new Map<string, string>();
  const errorOf = (field: Field) =>
    refused.get(`columns.${field}`) ??
    (cause === null ? table.problems.find((one) => one.field === field)?.message : undefined);
  const choose = (field: Field, id: string) => {
    const { [field]: _, ...others } = mapping.columns;
    const columns = id === "" ? others : { ...others, [field]: id };
    setMapping({ ...mapping, columns, ...(field === "status" ? { cancelledOption: null } : {}) });
  };
  const status = table.columns.find(({ id }) => id === mapping.columns.status);
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void run("save", async () => {
      await callApi(path, { method: "PUT", body: { ...mapping, defaultMinutes: Number(minutes) } });
      onSaved();
    });
  };
  return (
    <form onSubmit={save} className="grid gap-5" aria-busy={busy !== null}>
      {problem ? (
        <Alert tone="bad" role="alert" title="The columns were not saved">
          {problem}
        </Alert>
      ) : null}
      {FIELDS.map(({ field, label, hint }) => (
        <SelectField
          key={field}
          label={label}
          hint={hint}
          error={errorOf(field)}
          required={NEEDED.includes(field)}
          value={mapping.columns[field] ?? ""}
          onChange={(event) => choose(field, event.target.value)}
        >
          <option value="">{NEEDED.includes(field) ? "Choose a column" : "No column"}</option>
          {table.columns
            .filter(({ fits }) => fits.includes(field))
            .map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </SelectField>
      ))}
      {status ? (
        <SelectField
          label="Called off when the status is"
          value={mapping.cancelledOption ?? ""}
          onChange={(event) => setMapping({ ...mapping, cancelledOption: event.target.value || null })}
        >
          <option value="">Never</option>
          {status.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </SelectField>
      ) : null}
      <SelectField
        label="Pages that other people make"
        value={mapping.others}
        onChange={(event) =>
          setMapping({ ...mapping, others: event.target.value === "hidden" ? "hidden" : "busy" })
        }
      >
        <option value="busy">Make me busy</option>
        <option value="hidden">Are not looked at</option>
      </SelectField>
      <TextField
        label="Minutes that a page without an end lasts"
        type="number"
        min={1}
        max={1440}
        required
        value={minutes}
        onChange={(event) => setMinutes(event.target.value)}
      />
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onClose} disabled={busy !== null}>
          Close without saving
        </Button>
        <Button kind="primary" type="submit" busy={busy !== null}>
          Save columns
        </Button>
      </div>
    </form>
  );
}

/** How the table is mapped, without what cannot be chosen any more: a select would show "No column" and mean the one that is gone. */
function choosable({ columns, mapping, guess }: CalendarTable): Mapping {
  const held = mapping ?? guess;
  const kept = Object.entries(held.columns).filter(([field, id]) =>
    columns.some((column) => column.id === id && column.fits.includes(field as Field)),
  );
  const status = columns.find(({ id }) => id === held.columns.status);
  const cancelledOption =
    held.cancelledOption !== null && status?.options.includes(held.cancelledOption)
      ? held.cancelledOption
      : null;
  return { ...held, columns: Object.fromEntries(kept), cancelledOption };
}
