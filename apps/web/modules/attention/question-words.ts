import type { MassChange, Question } from "../api/question-types.ts";

/** What a question is about, in two words. */
export function shortKind(kind: Question["kind"]): string {
  switch (kind) {
    case "fields":
      return "Both changed";
    case "deleted":
      return "Deleted there";
    case "cancelled":
      return "Cancelled here";
    case "outside-hours":
      return "Outside your hours";
    case "overlap":
      return "Overlaps";
    default:
      return "Question";
  }
}

/** The two answers to a question that is not about single fields: what each does. */
export function answersOf(kind: Question["kind"]): {
  local: { label: string; effect: string };
  remote: { label: string; effect: string };
} {
  switch (kind) {
    case "deleted":
      return {
        local: { label: "Keep the booking", effect: "Its event is written to the calendar again." },
        remote: { label: "Cancel the booking", effect: "Its guests are told." },
      };
    case "cancelled":
      return {
        local: { label: "Leave it cancelled", effect: "Its event is deleted from the calendar." },
        remote: { label: "Bring the booking back", effect: "Its guests are invited again." },
      };
    default:
      return {
        local: { label: "Put it back", effect: "The event goes back to the booking's time." },
        remote: { label: "Move the booking", effect: "Its guests are told of the new time." },
      };
  }
}

/** The two answers to an edit of an event that is not ours: what each does. */
export function externalAnswersOf(kind: "edit" | "delete"): {
  mine: { label: string; effect: string };
  calendar: { label: string; effect: string };
} {
  const calendar = { label: "Keep the calendar’s", effect: "Your change is let go." };
  return kind === "delete"
    ? {
        mine: { label: "Delete it all the same", effect: "The event is deleted from the calendar." },
        calendar,
      }
    : { mine: { label: "Use mine", effect: "Your change is written to the calendar." }, calendar };
}

/** `12 cancelled and 3 moved`: what has been done. */
export function countOfMassChange({
  cancellations,
  moves,
}: Pick<MassChange, "cancellations" | "moves">): string {
  const parts = [cancellations > 0 ? `${cancellations} cancelled` : "", moves > 0 ? `${moves} moved` : ""];
  return parts.filter(Boolean).join(" and ");
}

/** `12 bookings would be cancelled and 3 moved.` */
export function countMassChange({
  cancellations,
  moves,
}: Pick<MassChange, "cancellations" | "moves">): string {
  const bookings = (count: number) => `${count} booking${count === 1 ? "" : "s"}`;
  if (moves === 0) return `${bookings(cancellations)} would be cancelled.`;
  if (cancellations === 0) return `${bookings(moves)} would be moved.`;
  return `${bookings(cancellations)} would be cancelled and ${moves} moved.`;
}
