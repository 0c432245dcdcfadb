import { Alert, Badge, buttonClass, Card, EmptyState } from "@calsync/ui";
import Link from "next/link";
import type { ReactNode } from "react";
import type { MassChange, Question } from "../api/question-types.ts";
import { ConnectButton } from "../calendars/ConnectButton.tsx";
import { explainCalendarError } from "../calendars/explain-error.ts";
import { SyncQueue } from "../sync-status/SyncQueue.tsx";
import { RelativeTime } from "../time/RelativeTime.tsx";
import { type Attention, isEmpty } from "./attention.ts";
import { ExternalEditQuestion } from "./ExternalEditQuestion.tsx";
import { countMassChange, shortKind } from "./question-words.ts";

/** Everything that waits for the host, the most urgent first. */
export function AttentionList({ attention, timeZone }: { attention: Attention; timeZone: string }) {
  const { questions, externalEdits, massChanges, connections, calendars, failed } = attention;
  if (isEmpty(attention)) {
    return (
      <EmptyState title="Nothing needs you">
        Bookings and calendars agree, or will in a moment without you.
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-8">
      {connections.length > 0 ? (
        <Section title="Accounts to connect again">
          {connections.map((connection) => (
            <Card
              key={connection.id}
              aria-label={connection.accountEmail ?? connection.accountName ?? connection.providerName}
            >
              <h3 className="font-semibold wrap-anywhere">
                {connection.accountEmail ?? connection.accountName ?? connection.providerName}
              </h3>
              <p className="mt-1 mb-4 text-muted">
                {connection.providerName} no longer accepts this connection. Bookings are kept and are written
                once it is connected again.
              </p>
              <ConnectButton provider={connection.provider} label="Connect again" kind="primary" />
            </Card>
          ))}
        </Section>
      ) : null}
      {massChanges.length > 0 ? (
        <Section title="Many changes at once">
          {massChanges.map((change) => (
            <MassChangeRow key={change.id} change={change} timeZone={timeZone} />
          ))}
        </Section>
      ) : null}
      {questions.length > 0 ? (
        <Section title="Bookings to decide about">
          {questions.map((question) => (
            <QuestionRow key={question.id} question={question} timeZone={timeZone} />
          ))}
        </Section>
      ) : null}
      {externalEdits.length > 0 ? (
        <Section title="Events to decide about">
          {externalEdits.map((edit) => (
            <ExternalEditQuestion key={edit.id} edit={edit} timeZone={timeZone} />
          ))}
        </Section>
      ) : null}
      {calendars.length > 0 ? (
        <Section title="Calendars that cannot be synced">
          {calendars.map(({ id, name, lastError, lastErrorMessage }) => (
            <Alert key={id} tone="bad" title={name}>
              <p>{explainCalendarError(lastError ?? "", lastErrorMessage)}</p>
              <p className="mt-2">
                <Link href="/settings/calendars" className="link">
                  Calendar settings
                </Link>
              </p>
            </Alert>
          ))}
        </Section>
      ) : null}
      {failed.length > 0 ? <SyncQueue items={failed} more={false} timeZone={timeZone} /> : null}
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="grid gap-3">
      <h2 className="text-xl font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function QuestionRow({ question, timeZone }: { question: Question; timeZone: string }) {
  const { id, kind, booking, calendar, openedAt } = question;
  return (
    <Card className="flex flex-wrap items-center justify-between gap-4" data-question-kind={kind}>
      <div className="min-w-0 flex-1">
        <h3 className="font-semibold wrap-anywhere">{booking.title}</h3>
        <p>{question.question}</p>
        <p className="text-sm text-muted">
          {calendar.name} · <RelativeTime instant={openedAt} timeZone={timeZone} />
        </p>
      </div>
      <div className="flex items-center gap-3">
        <Badge tone="warn">{shortKind(kind)}</Badge>
        <Link href={`/attention/questions/${id}`} className={buttonClass("primary", "small")}>
          Decide<span className="sr-only"> about {booking.title}</span>
        </Link>
      </div>
    </Card>
  );
}

function MassChangeRow({ change, timeZone }: { change: MassChange; timeZone: string }) {
  return (
    <Card className="flex flex-wrap items-center justify-between gap-4" data-mass-change={change.id}>
      <div className="min-w-0 flex-1">
        <h3 className="font-semibold wrap-anywhere">{change.calendar.name}</h3>
        <p>{countMassChange(change)} Nothing has been done yet.</p>
        <p className="text-sm text-muted">
          <RelativeTime instant={change.openedAt} timeZone={timeZone} />
        </p>
      </div>
      <Link href={`/attention/mass-changes/${change.id}`} className={buttonClass("primary", "small")}>
        Look and decide<span className="sr-only"> about {change.calendar.name}</span>
      </Link>
    </Card>
  );
}
