import type { DoctorFinding, RunResult } from "../api/types.ts";
import { FIELD_NAMES } from "../changes/describe-change.ts";

const count = (number: number, unit: string) => `${number} ${unit}${number === 1 ? "" : "s"}`;

/** What came of one calendar, in one sentence. */
export function summaryOf(result: RunResult): string {
  switch (result.type) {
    case "plan":
      return result.total === 0
        ? "Nothing would change."
        : `${count(result.total, "change")} would be made. Nothing has been done.`;
    case "checked":
      if (result.outcome !== "checked") return "It could not be compared.";
      return result.findings.length === 0
        ? `${count(result.bookings, "coming booking")} compared: all equal.`
        : `${count(result.bookings, "coming booking")} compared: ${count(result.findings.length, "difference")}.`;
    case "synced": {
      const { pull, push } = result;
      const written = push ? push.created + push.updated + push.deleted : 0;
      const parts = [
        pull && pull.applied > 0 ? `${count(pull.applied, "booking")} changed` : "",
        written > 0 ? `${count(written, "event")} written` : "",
        push && push.failed > 0 ? `${count(push.failed, "event")} could not be written` : "",
        pull && pull.setAside > 0 ? `${count(pull.setAside, "event")} could not be read` : "",
      ].filter(Boolean);
      return parts.length > 0 ? `${parts.join(", ")}.` : "Nothing had to be changed.";
    }
  }
}

/** What differs, and who changed it last. */
export function detailOf({ fields, changedLast }: Pick<DoctorFinding, "fields" | "changedLast">): string {
  const names = fields.map((field) => (FIELD_NAMES as Record<string, string>)[field] ?? field);
  const last =
    changedLast === "booking"
      ? "the booking was changed last"
      : changedLast === "calendar"
        ? "the calendar was changed last"
        : changedLast === "both"
          ? "both were changed"
          : "";
  return [names.join(", "), last].filter(Boolean).join("; ");
}
