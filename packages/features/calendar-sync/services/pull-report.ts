import type { AppliedChanges } from "./applied-changes.ts";

/** What one pull did; one line of the log. */
export interface PullReport {
  outcome: "pulled" | "busy" | "disabled" | "gone";
  pages: number;
  changes: number;
  applied: number;
  refused: number;
  mirrored: number;
  setAside: number;
  /** Changes that were put by, to be counted or until the host has answered. */
  held: number;
  full: boolean;
}

/** The report of a pull that has done nothing yet. */
export const NOTHING_PULLED: PullReport = {
  outcome: "pulled",
  pages: 0,
  changes: 0,
  applied: 0,
  refused: 0,
  mirrored: 0,
  setAside: 0,
  held: 0,
  full: false,
};

/** Adds what one transaction of a pull has done to its report. */
export function addUp(report: PullReport, applied: AppliedChanges): void {
  report.applied += applied.applied;
  report.refused += applied.refused;
  report.mirrored += applied.mirrored;
  report.setAside += applied.setAside;
  report.held += applied.held;
}
