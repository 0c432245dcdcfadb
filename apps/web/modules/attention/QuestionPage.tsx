"use client";

import { Alert, Badge, Card } from "@calsync/ui";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { callApi } from "../api/browser.ts";
import { ApiProblem } from "../api/problem.ts";
import type { QuestionDetails } from "../api/question-types.ts";
import { useAction } from "../api/use-action.ts";
import { MomentText, WhenText } from "../time/TimeText.tsx";
import { ChooseFields } from "./ChooseFields.tsx";
import { ChooseSide } from "./ChooseSide.tsx";
import { shortKind } from "./question-words.ts";

/** A question with both sides, and the ways to answer it. */
export function QuestionPage({ question, timeZone }: { question: QuestionDetails; timeZone: string }) {
  const router = useRouter();
  const { busy, problem, cause, run } = useAction();
  const alert = useRef<HTMLDivElement>(null);
  const { id, kind, state, booking, calendar, facts, version } = question;

  const answer = async (name: string, body: { choice: string; fields?: unknown }) => {
    const done = await run(name, () =>
      callApi(`/v1/conflicts/${id}/resolve`, { method: "POST", body: { ...body, expectedVersion: version } }),
    );
    if (done) {
      router.push("/attention");
    }
    router.refresh();
  };
  useEffect(() => {
    if (problem) alert.current?.focus();
  }, [problem]);
  const changed = cause instanceof ApiProblem && cause.code === "conflict_changed";

  return (
    <div className="grid gap-6">
      <p>
        <Link href="/attention" className="link">
          All that needs you
        </Link>
      </p>
      <Card>
        <Badge tone="warn">{shortKind(kind)}</Badge>
        <h1 className="mt-3 text-2xl font-semibold text-balance">{booking.title}</h1>
        <p className="mt-1 text-lg">{question.question}</p>
        <p className="mt-1 text-sm text-muted">
          {calendar.name} · since <MomentText instant={question.openedAt} timeZone={timeZone} /> ·{" "}
          <Link href={`/booking/${booking.uid}`} className="link">
            Open booking
          </Link>
        </p>
        {facts && (facts.overlaps.length > 0 || facts.busy || facts.outsideHours) ? (
          <Alert tone="warn" className="mt-4" title="The new time">
            <ul className="list-disc pl-5">
              {facts.outsideHours ? <li>is outside your hours</li> : null}
              {facts.busy ? <li>is taken in one of your calendars</li> : null}
              {facts.overlaps.map((uid) => (
                <li key={uid}>
                  overlaps{" "}
                  <Link href={`/booking/${uid}`} className="link">
                    another booking
                  </Link>
                </li>
              ))}
            </ul>
          </Alert>
        ) : null}
        <div ref={alert} tabIndex={-1}>
          {problem ? (
            <Alert
              tone="bad"
              role="alert"
              className="mt-4"
              title={changed ? "It has changed meanwhile" : "It was not done"}
            >
              {changed ? "Look at both sides again: they are shown as they are now." : problem}
            </Alert>
          ) : null}
        </div>
        {state !== "open" ? (
          <Alert className="mt-4" title={state === "over" ? "The booking is over" : "This has been decided"}>
            Nothing is left to do here.
          </Alert>
        ) : kind === "fields" ? (
          <ChooseFields key={version} {...{ question, timeZone, busy }} onAnswer={answer} />
        ) : (
          <>
            <Sides question={question} timeZone={timeZone} />
            <ChooseSide kind={kind} busy={busy} onAnswer={answer} />
          </>
        )}
      </Card>
    </div>
  );
}

function Sides({ question: { local, remote }, timeZone }: { question: QuestionDetails; timeZone: string }) {
  const times = [
    { name: "The booking", side: local, none: "is cancelled" },
    { name: "The calendar", side: remote, none: "no longer has it" },
  ];
  return (
    <dl className="mt-5 grid gap-3 sm:grid-cols-2">
      {times.map(({ name, side, none }) => (
        <div key={name} className="rounded-xl bg-sunken p-4">
          <dt className="text-sm font-medium text-muted">{name}</dt>
          <dd className="mt-1">
            {side ? (
              <>
                <p className="font-semibold wrap-anywhere">{side.title}</p>
                <p>
                  <WhenText when={side.time} timeZone={side.time.allDay ? "UTC" : timeZone} />
                </p>
                {side.location ? <p className="text-sm text-muted">{side.location}</p> : null}
              </>
            ) : (
              none
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
