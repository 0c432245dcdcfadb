import type { EventTime, ExternalEvent, InstantString } from "@calsync/types";
import type { LocalItem } from "../ports/BookingStore.ts";
import type { HoldKind } from "./guards.ts";
import { disputedAnswers, mergeAttendees } from "./merge-attendees.ts";
import type { PlannedAction, ReferenceUpdate } from "./plan-inbound.ts";
import type { ReasonCode } from "./reasons.ts";
import { type EventSnapshot, type SnapshotAttendee, sameField, toSnapshot } from "./snapshot.ts";
import type { SyncedState } from "./synced-state.ts";
import { type EventView, FULL_VIEW, isMapped, shownSnapshot } from "./view.ts";

/**
 * The fields that an answer can choose. Attendees are merged by address: of them only those are chosen who answered differently on
 * both sides, when a question is about them.
 */
export const CHOSEN_FIELDS = ["time", "title", "description", "location", "attendees"] as const;
const TEXTS = ["title", "description", "location"] as const;
/** A field that a person chooses a side for. */
export type ChosenField = (typeof CHOSEN_FIELDS)[number];

/** What a person chooses for one field: a side, or a value of their own. */
export type FieldChoice = "local" | "remote" | { time: EventTime } | { text: string };

/** A person's answer to a question. */
export interface ConflictAnswer {
  choice: "local" | "remote" | "merge";
  /** For `merge`: what is chosen per field. Fields that only one side changed follow that side when they are left out. */
  fields?: { [F in ChosenField]?: FieldChoice | undefined };
}

/** A question as it stands, with the booking as it is now. */
export interface OpenQuestion {
  kind: HoldKind;
  fields: readonly string[];
  base: SyncedState | null;
  local: LocalItem;
  /** Null when the event is gone. */
  remote: ExternalEvent | null;
  /** What the calendar is shown of the booking; fields that do not stand there as they are cannot be chosen. */
  view?: EventView | undefined;
}

/** How one field stands on both sides, and what is proposed for it. */
export interface FieldComparison {
  field: ChosenField;
  base: EventSnapshot[ChosenField] | null;
  local: EventSnapshot[ChosenField];
  remote: EventSnapshot[ChosenField] | null;
  /** Who changed it since both sides last agreed. */
  changedBy: "nobody" | "local" | "remote" | "both";
  /** The side that a merge would take: the one that changed it, or the one that changed it last. */
  proposal: "local" | "remote";
  /** Whether the two sides differ. */
  differs: boolean;
}

/** Compares the sides of a question field by field. */
export function compareSides({
  fields,
  base,
  local,
  remote,
  view = FULL_VIEW,
}: OpenQuestion): FieldComparison[] {
  const theirs = remote ? toSnapshot(remote) : null;
  const ours = shownSnapshot(local, view);
  const asked = CHOSEN_FIELDS.filter((field) => field !== "attendees" || fields.includes(field));
  return asked
    .filter((field) => isMapped(view, field))
    .map((field) => {
      const changedHere = base !== null && !sameField(field, ours, base.local);
      const changedThere = base !== null && theirs !== null && !sameField(field, theirs, base.remote);
      const changedBy =
        changedHere && changedThere ? "both" : changedHere ? "local" : changedThere ? "remote" : "nobody";
      const laterHere =
        remote?.updatedAt != null && (local.changedAt[field] ?? local.createdAt) > remote.updatedAt;
      return {
        field,
        base: base ? base.local[field] : null,
        local: ours[field],
        remote: theirs ? theirs[field] : null,
        changedBy,
        proposal:
          theirs === null || changedBy === "local" || (changedBy === "both" && laterHere)
            ? "local"
            : "remote",
        differs: theirs === null || !sameField(field, theirs, ours),
      };
    });
}

/** What an answer means: actions on the booking, and the state of the reference from which everything else follows. */
export interface Resolution {
  reason: ReasonCode;
  actions: PlannedAction[];
  reference: ReferenceUpdate;
}

/** Why an answer cannot be carried out. */
export type ResolutionRefusal = "choose-each-field" | "bad-value" | "nothing-to-merge";

/**
 * Turns a person's answer into actions. Chosen fields count as agreed on with what the calendar shows, so that the booking's
 * value is written over it where it differs. The reference stays in CONFLICT where the event is there: the next push reads it
 * and merges once more before it writes, in case it has changed since the person looked.
 */
export function resolveConflict(
  question: OpenQuestion,
  answer: ConflictAnswer,
  now: InstantString,
): Resolution | ResolutionRefusal {
  const reason: ReasonCode = `conflict-resolved-${answer.choice}`;
  if (question.kind === "DELETED" || question.remote === null)
    return resolveDeleted(question, answer, reason, now);
  if (question.kind === "CANCELLED") return resolveCancelled(question, question.remote, answer, reason, now);
  const remote = toSnapshot(question.remote);
  const chosen: Partial<Record<ChosenField, FieldChoice>> = {};
  for (const { field, differs } of compareSides(question)) {
    if (answer.choice === "merge") {
      const wish = answer.fields?.[field];
      if (wish !== undefined) chosen[field] = wish;
      else if (question.fields.includes(field)) return "choose-each-field";
    } else if (differs) {
      chosen[field] = answer.choice;
    }
  }
  const values: Partial<EventSnapshot> = {};
  for (const field of CHOSEN_FIELDS) {
    const wish = chosen[field];
    if (wish === undefined || wish === "local" || (field === "attendees" && wish === "remote")) continue;
    const value = wish === "remote" ? remote[field] : field === "time" ? timeOf(wish) : textFor(field, wish);
    if (value === null) return "bad-value";
    Object.assign(values, { [field]: value });
  }
  const shown = shownSnapshot(question.local, question.view ?? FULL_VIEW);
  const base = question.base ?? { local: shown, remote };
  const settled = Object.keys(chosen) as ChosenField[];
  const answers = chosen.attendees === undefined ? [] : answersThere(base, shown, remote);
  const takesAnswers = chosen.attendees === "remote" && answers.length > 0;
  return {
    reason,
    actions: [
      ...actionsFor(question.local.snapshot, values, reason, now),
      ...(takesAnswers ? [answersAction(question.local.snapshot, answers, reason, now)] : []),
    ],
    reference: { base: settle(base, remote, settled, answers), clearPending: true },
  };
}

/** What those say in the calendar who have answered differently on both sides. */
function answersThere(base: SyncedState, shown: EventSnapshot, remote: EventSnapshot): SnapshotAttendee[] {
  const merge = mergeAttendees({
    base,
    local: shown.attendees,
    remote: remote.attendees,
    own: new Set(),
    calendarWins: true,
  });
  const disputed = disputedAnswers(merge, remote.attendees);
  return remote.attendees.filter(({ email }) => disputed.includes(email));
}

function answersAction(
  { attendees }: EventSnapshot,
  answers: readonly SnapshotAttendee[],
  reason: ReasonCode,
  changedAt: InstantString,
): PlannedAction {
  const next = withAnswers(attendees, answers);
  const changed = next.filter((one) => !attendees.includes(one));
  return { kind: "change-attendees", attendees: next, added: [], removed: [], changed, reason, changedAt };
}

function withAnswers(
  attendees: readonly SnapshotAttendee[],
  answers: readonly SnapshotAttendee[],
): SnapshotAttendee[] {
  return attendees.map((one) => {
    const said = answers.find(({ email }) => email === one.email);
    return said ? { ...one, response: said.response, optional: said.optional } : one;
  });
}

function resolveDeleted(
  { local }: OpenQuestion,
  { choice }: ConflictAnswer,
  reason: ReasonCode,
  now: InstantString,
): Resolution | ResolutionRefusal {
  if (choice === "merge") return "nothing-to-merge";
  if (choice === "local" && local.active) {
    const reference: ReferenceUpdate = {
      status: "PENDING",
      version: null,
      base: null,
      clearPending: true,
      recreate: true,
    };
    return { reason, actions: [], reference };
  }
  const cancellationReason = "The event was deleted in the calendar.";
  return {
    reason,
    actions: local.active ? [{ kind: "cancel", reason, changedAt: now, cancellationReason }] : [],
    reference: { status: "DELETED", deletePending: false },
  };
}

function resolveCancelled(
  { local, view = FULL_VIEW }: OpenQuestion,
  event: ExternalEvent,
  { choice }: ConflictAnswer,
  reason: ReasonCode,
  now: InstantString,
): Resolution | ResolutionRefusal {
  if (choice === "merge") return "nothing-to-merge";
  const remote = toSnapshot(event);
  // The event as it is now is known and agreed on: what is left is to delete it.
  if (choice === "local") {
    const base = { local: remote, remote };
    return {
      reason,
      actions: [],
      reference: { status: "SYNCED", version: event.version, base, clearPending: true },
    };
  }
  const texts = TEXTS.filter((field) => isMapped(view, field));
  const details = Object.fromEntries(texts.map((field) => [field, remote[field]]));
  return {
    reason,
    actions: [
      { kind: "restore", time: remote.time, reason, changedAt: now },
      ...actionsFor(local.snapshot, details, reason, now),
    ],
    reference: { base: { local: remote, remote }, clearPending: true },
  };
}

/** What both sides agree on once a person has chosen these fields, whichever side they took; of attendees, the `answers` alone. */
function settle(
  base: SyncedState,
  remote: EventSnapshot,
  fields: readonly ChosenField[],
  answers: readonly SnapshotAttendee[],
): SyncedState {
  const plain = fields.filter((field) => field !== "attendees");
  const chosen = Object.fromEntries(plain.map((field) => [field, remote[field]]));
  const side = (of: EventSnapshot): EventSnapshot => ({
    ...of,
    ...chosen,
    attendees: withAnswers(of.attendees, answers),
  });
  return { local: side(base.local), remote: side(base.remote) };
}

function actionsFor(
  local: EventSnapshot,
  values: Partial<EventSnapshot>,
  reason: ReasonCode,
  changedAt: InstantString,
): PlannedAction[] {
  const next = { ...local, ...values };
  const actions: PlannedAction[] = [];
  if (!sameField("time", local, next))
    actions.push({ kind: "reschedule", time: next.time, reason, changedAt });
  const texts = TEXTS.filter((field) => next[field] !== local[field]);
  if (texts.length > 0) {
    const details = Object.fromEntries(texts.map((field) => [field, next[field]]));
    actions.push({ kind: "change-details", ...details, reason, changedAt });
  }
  return actions;
}

function timeOf(wish: Exclude<FieldChoice, string>): EventTime | null {
  return "time" in wish && wish.time.end > wish.time.start ? wish.time : null;
}

/** Answers are people's own: there is no third one to write. */
function textFor(field: ChosenField, wish: Exclude<FieldChoice, string>): string | null {
  return field !== "attendees" && "text" in wish ? wish.text.trim() : null;
}
