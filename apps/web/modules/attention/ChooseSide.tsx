"use client";

import { Button } from "@calsync/ui";
import type { Question } from "../api/question-types.ts";
import { answersOf } from "./question-words.ts";

/** The two answers to a question that is about the booking as a whole, each with what it does. */
export function ChooseSide({
  kind,
  busy,
  onAnswer,
}: {
  kind: Question["kind"];
  busy: string | null;
  onAnswer: (name: string, body: { choice: string }) => void;
}) {
  const answers = answersOf(kind);
  return (
    <div className="mt-6 grid gap-3 sm:grid-cols-2">
      {(["local", "remote"] as const).map((side) => (
        <div key={side}>
          <Button
            className="w-full"
            busy={busy === side}
            disabled={busy !== null}
            aria-describedby={`effect-${side}`}
            onClick={() => onAnswer(side, { choice: side })}
          >
            {answers[side].label}
          </Button>
          <p id={`effect-${side}`} className="mt-1.5 text-sm text-muted">
            {answers[side].effect}
          </p>
        </div>
      ))}
    </div>
  );
}
