"use client";

import { Alert, Badge, Button, buttonClass } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { explainProblem } from "../api/problem.ts";
import { ScopeFields } from "../series/ScopeFields.tsx";
import { EVENT_SCOPES, type Scope } from "../series/series-words.ts";
import { WhenText } from "../time/TimeText.tsx";
import { type CalendarItem, repeats, type WritableItem } from "./calendar-items.ts";
import { instantsOf } from "./span.ts";
import { deleteItem, settleEdit } from "./write-item.ts";

/** What something in the calendar is, and what can be done about it. */
export function ItemDialog({
  item,
  timeZone,
  onClose,
  onDone,
  onEdit,
}: {
  item: CalendarItem;
  timeZone: string;
  onClose: () => void;
  onDone: (said: string) => void;
  onEdit: (item: WritableItem) => void;
}) {
  const [asks, setAsks] = useState(false);
  const [scope, setScope] = useState<Scope>("one");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const recurring = repeats(item);
  const editable = item.kind !== "booking" && item.kind !== "imported" && item.movable ? item : null;

  const remove = async () => {
    if (!editable) return;
    setBusy(true);
    setProblem(null);
    try {
      await deleteItem(editable, recurring ? scope : undefined);
      onDone(`${item.title} deleted.`);
    } catch (error) {
      setProblem(explainProblem(error));
      setBusy(false);
    }
  };
  const edit = item.kind === "external" ? item.source.edit : null;
  const settle = async (choice: "mine" | "calendar") => {
    if (!edit) return;
    setBusy(true);
    setProblem(null);
    try {
      await settleEdit(edit, choice);
      onDone("Decided.");
    } catch (error) {
      setProblem(explainProblem(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open title={item.title} onClose={onClose}>
      <div className="grid gap-4">
        <p>
          <WhenText
            when={{ ...instantsOf(item.span, timeZone), allDay: item.span.allDay }}
            timeZone={timeZone}
            zone
          />
        </p>
        <p className="flex flex-wrap gap-2">
          <Badge>{originOf(item)}</Badge>
          {item.pending ? <Badge tone="accent">On its way to the calendar…</Badge> : null}
          {recurring ? <Badge>Repeats</Badge> : null}
        </p>
        <Details item={item} />
        {edit?.status === "conflict" ? (
          <Alert tone="warn" title="Changed here and in the calendar">
            <p>{edit.explanation ?? "Both sides changed the same. Which one counts?"}</p>
            <div className="mt-3 flex flex-wrap gap-2">
              <Button size="small" busy={busy} onClick={() => settle("mine")}>
                Mine
              </Button>
              <Button size="small" busy={busy} onClick={() => settle("calendar")}>
                The calendar’s
              </Button>
            </div>
          </Alert>
        ) : null}
        {edit?.status === "refused" ? (
          <Alert tone="bad" title="Your last change was not taken">
            {edit.explanation ?? edit.lastError}
          </Alert>
        ) : null}
        {item.kind === "external" && !item.source.editable && item.source.notEditableExplanation ? (
          <p className="text-sm text-muted">{item.source.notEditableExplanation}</p>
        ) : null}
        {problem ? (
          <Alert tone="bad" role="alert" title="It was not done">
            {problem}
          </Alert>
        ) : null}
        {asks ? (
          <>
            {recurring ? (
              <ScopeFields legend="It repeats" scopes={EVENT_SCOPES} value={scope} onChange={setScope} />
            ) : null}
            <p className="text-muted">
              {item.kind === "external"
                ? `It is deleted from ${item.source.calendarName} too.`
                : "It is deleted from your calendars too."}
            </p>
            <Row>
              <Button onClick={() => setAsks(false)} disabled={busy}>
                Keep it
              </Button>
              <Button kind="danger" busy={busy} onClick={remove}>
                Delete
              </Button>
            </Row>
          </>
        ) : (
          <Row>
            {editable ? (
              <Button kind="caution" className="mr-auto -ml-3" onClick={() => setAsks(true)}>
                Delete
              </Button>
            ) : null}
            <Button onClick={onClose}>Close</Button>
            {editable ? (
              <Button kind="primary" onClick={() => onEdit(editable)}>
                Edit
              </Button>
            ) : null}
            {item.kind === "imported" ? (
              <Link href={`/settings/files/${item.source.importId}`} className={buttonClass()}>
                Open the import
              </Link>
            ) : null}
            {item.kind === "external" || item.kind === "imported" ? null : (
              <Link
                href={`/booking/${item.source.uid}`}
                className={buttonClass(item.kind === "booking" ? "primary" : "secondary")}
              >
                {item.kind === "booking" ? "Open booking" : "History"}
              </Link>
            )}
          </Row>
        )}
      </div>
    </Dialog>
  );
}

function Row({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-3">{children}</div>;
}

function originOf(item: CalendarItem): string {
  if (item.kind === "external") return item.source.calendarName;
  if (item.kind === "imported") return item.source.source;
  return item.kind === "booking" ? "Booking" : "Your own entry";
}

function Details({ item }: { item: CalendarItem }) {
  const { location } = item.source;
  const description = item.kind === "imported" ? "" : item.source.description;
  const guests = item.kind === "external" || item.kind === "imported" ? [] : item.source.attendees;
  if (!location && !description && guests.length === 0) return null;
  return (
    <dl className="grid gap-2 text-sm wrap-anywhere">
      {guests.length > 0 ? (
        <div>
          <dt className="inline font-medium">With: </dt>
          <dd className="inline">{guests.map(({ name }) => name).join(", ")}</dd>
        </div>
      ) : null}
      {location ? (
        <div>
          <dt className="inline font-medium">Where: </dt>
          <dd className="inline">{location}</dd>
        </div>
      ) : null}
      {description ? (
        <div>
          <dt className="sr-only">Notes</dt>
          <dd className="max-h-40 overflow-auto whitespace-pre-line text-muted">{description}</dd>
        </div>
      ) : null}
    </dl>
  );
}
