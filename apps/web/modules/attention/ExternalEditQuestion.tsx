"use client";

import { Alert, Button, Card } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { useId } from "react";
import { callApi } from "../api/browser.ts";
import type { AskingEdit } from "../api/question-types.ts";
import { useAction } from "../api/use-action.ts";
import { describeField, FIELD_NAMES } from "../changes/describe-change.ts";
import { useHourCycle } from "../time/HourCycleProvider.tsx";
import { externalAnswersOf } from "./question-words.ts";

/** An event that is not ours, edited here and changed in its calendar meanwhile: both sides, and the host's word on it. */
export function ExternalEditQuestion({ edit, timeZone }: { edit: AskingEdit; timeZone: string }) {
  const router = useRouter();
  const cycle = useHourCycle();
  const id = useId();
  const { busy, problem, run } = useAction();
  const { id: editId, kind, title, calendar, explanation, comparison } = edit;
  const answers = externalAnswersOf(kind);
  const answer = async (choice: "mine" | "calendar") => {
    const body = { choice };
    await run(choice, () => callApi(`/v1/external-edits/${editId}/resolve`, { method: "POST", body }));
    router.refresh();
  };
  const words = (field: keyof typeof FIELD_NAMES, value: unknown) =>
    value === null ? "Deleted" : describeField(field, value, timeZone, cycle);
  return (
    <Card aria-labelledby={`${id}-title`} data-external-edit={editId}>
      <h3 id={`${id}-title`} className="font-semibold wrap-anywhere">
        {title || "Event without a title"}
      </h3>
      <p>{explanation ?? "You and somebody in the calendar changed the same."}</p>
      <p className="text-sm text-muted">{calendar.name}</p>
      {comparison.length > 0 ? (
        <table className="mt-3 w-full text-sm">
          <thead>
            <tr className="text-left text-muted">
              <td />
              <th scope="col" className="py-1 pr-4 font-medium">
                Yours
              </th>
              <th scope="col" className="py-1 font-medium">
                In the calendar
              </th>
            </tr>
          </thead>
          <tbody>
            {comparison.map(({ field, mine, calendar: there }) => (
              <tr key={field} className="border-t border-line align-top" data-field={field}>
                <th scope="row" className="py-2 pr-4 text-left font-medium">
                  {FIELD_NAMES[field]}
                </th>
                <td className="py-2 pr-4 wrap-anywhere whitespace-pre-line">{words(field, mine)}</td>
                <td className="py-2 wrap-anywhere whitespace-pre-line">{words(field, there)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-4" title="It was not decided">
          {problem}
        </Alert>
      ) : null}
      <div className="mt-4 grid gap-3 sm:grid-cols-2">
        {(["mine", "calendar"] as const).map((side) => (
          <div key={side}>
            <Button
              className="w-full"
              busy={busy === side}
              disabled={busy !== null}
              aria-describedby={`${id}-${side}`}
              onClick={() => void answer(side)}
            >
              {answers[side].label}
              <span className="sr-only"> for {title}</span>
            </Button>
            <p id={`${id}-${side}`} className="mt-1.5 text-sm text-muted">
              {answers[side].effect}
            </p>
          </div>
        ))}
      </div>
    </Card>
  );
}
