"use client";

import { Alert, Button, Card, Choice } from "@calsync/ui";
import Link from "next/link";
import { useState } from "react";
import type { CalendarImportDetails } from "../api/types.ts";
import { WhenText } from "../time/TimeText.tsx";
import { describeAnswer, describeCounts } from "./import-words.ts";

type Preview = NonNullable<CalendarImportDetails["preview"]>;

/** What a file would do, and the two ways on. */
export function ImportPreview({
  preview,
  errors,
  answers,
  timeZone,
  busy,
  onApply,
  onDiscard,
}: {
  preview: Preview;
  errors: number;
  /** The file holds answers to invitations. */
  answers: boolean;
  timeZone: string;
  busy: string | null;
  onApply: (choice: { freeEvents: "ignore" | "availability"; leaveOut: boolean }) => void;
  onDiscard: () => void;
}) {
  const [open, setOpen] = useState(false);
  const { counts, conflicts, moreConflicts, upcoming, freeTimes } = preview;
  const effective = answers
    ? preview.answers.some(({ verdict }) => verdict === "changes")
    : counts.added + counts.changed + counts.cancelled > 0;
  return (
    <Card aria-labelledby="preview-heading">
      <h2 id="preview-heading" className="text-lg font-semibold">
        What importing it would do
      </h2>
      {answers ? (
        <ul className="mt-2 grid gap-1">
          {preview.answers.map((answer, index) => (
            <li key={index}>{describeAnswer(answer)}.</li>
          ))}
        </ul>
      ) : (
        <p className="mt-1">{`Events: ${describeCounts(counts)}.`}</p>
      )}
      {conflicts.length > 0 ? (
        <Alert tone="warn" className="mt-4" title="Busy times of the file lie on bookings">
          <p>The bookings stay; nobody is told.</p>
          <ul className="mt-2 grid gap-2 text-sm">
            {conflicts.map((conflict) => (
              <li key={conflict.bookingUid}>
                <Link href={`/booking/${conflict.bookingUid}`} className="link">
                  {conflict.bookingTitle}
                </Link>
                {", "}
                <WhenText
                  when={{ start: conflict.bookingStart, end: conflict.bookingEnd }}
                  timeZone={timeZone}
                />
                {`: ${conflict.title || "Busy"}`}
              </li>
            ))}
          </ul>
          {moreConflicts ? <p className="mt-2 text-sm">And more.</p> : null}
        </Alert>
      ) : null}
      {upcoming.length > 0 ? (
        <>
          <h3 className="mt-5 font-medium">Next</h3>
          <ul className="mt-2 grid gap-1 text-sm">
            {upcoming.map((one, index) => (
              <li key={index} className="flex flex-wrap gap-x-2">
                <span className="font-medium wrap-anywhere">{one.title || "Without a title"}</span>
                <span className="text-muted">
                  <WhenText when={{ start: one.start, end: one.end }} timeZone={timeZone} />
                  {one.free ? " (free)" : ""}
                </span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {freeTimes > 0 ? (
        <Choice
          type="checkbox"
          className="mt-5"
          checked={open}
          onChange={({ target }) => setOpen(target.checked)}
          label="Guests can book me in its free events"
          detail={`${freeTimes === 1 ? "1 time is" : `${freeTimes} times are`} marked as free. Otherwise they are passed over.`}
        />
      ) : null}
      {effective ? null : (
        <p className="mt-4 text-muted">
          Importing it would change nothing: everything in it is known already.
        </p>
      )}
      <div className="mt-6 flex flex-wrap justify-end gap-3">
        <Button busy={busy === "discard"} onClick={onDiscard}>
          Discard
        </Button>
        <Button
          kind="primary"
          busy={busy === "apply"}
          onClick={() => onApply({ freeEvents: open ? "availability" : "ignore", leaveOut: errors > 0 })}
        >
          {errors > 0 ? "Import without what cannot be read" : "Import"}
        </Button>
      </div>
    </Card>
  );
}
