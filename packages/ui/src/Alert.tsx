import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** What a message is about: news, success, something to look at, or a failure. */
export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  neutral: "border-line bg-sunken text-ink",
  accent: "border-accent/30 bg-accent-soft text-ink",
  good: "border-good/30 bg-good-soft text-ink",
  warn: "border-warn/40 bg-warn-soft text-ink",
  bad: "border-bad/40 bg-bad-soft text-ink",
};

/** What an alert says, and how. */
export interface AlertProps {
  tone?: Tone;
  title?: string;
  children?: ReactNode;
  /**
   * Read out when it appears: `alert` at once, for failures of what was just done; `status` when the reader is ready.
   * Left out for messages that are there from the beginning.
   */
  role?: "alert" | "status";
  className?: string;
}

/** A message in the flow of a page. */
export function Alert({ tone = "neutral", title, children, role, className }: AlertProps) {
  return (
    <div role={role} className={classNames("rounded-lg border px-4 py-3", TONES[tone], className)}>
      {title ? <p className="font-semibold">{title}</p> : null}
      {children ? <div className={title ? "mt-1" : undefined}>{children}</div> : null}
    </div>
  );
}
