import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

/**
 * How much a button asks for attention: one `primary` per view, `danger` for what cannot be taken back, `caution` for what leads to
 * such a question.
 */
export type ButtonKind = "primary" | "secondary" | "quiet" | "caution" | "danger";

const KINDS: Record<ButtonKind, string> = {
  primary: "border-transparent bg-accent text-accent-ink hover:bg-accent-strong",
  secondary: "border-line-strong bg-surface text-ink hover:bg-sunken",
  quiet: "border-transparent bg-transparent text-accent hover:bg-accent-soft",
  caution: "border-transparent bg-transparent text-bad hover:bg-bad-soft",
  danger: "border-transparent bg-bad text-bad-ink hover:bg-bad-strong",
};

/** Classes of a button, for links that look like one. `small` is for rows of a list; both sizes can be hit with a thumb. */
export function buttonClass(kind: ButtonKind = "secondary", size: "normal" | "small" = "normal"): string {
  return classNames(
    "inline-flex items-center justify-center gap-2 rounded-lg border font-medium transition-colors select-none",
    "disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:opacity-60",
    size === "small" ? "min-h-9 px-3 py-1 text-sm" : "min-h-11 px-4 py-2",
    KINDS[kind],
  );
}

/** A button's looks and state, beside what every button has. */
export interface ButtonProps extends ComponentProps<"button"> {
  kind?: ButtonKind;
  size?: "normal" | "small";
  /** Something is under way: the button shows it, says so to screen readers, and cannot be pressed again. */
  busy?: boolean;
}

/** A button; `type="button"` unless told otherwise, so that it never sends a form by accident. */
export function Button({ kind, size, busy = false, className, disabled, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classNames(buttonClass(kind, size), className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
}

/** A turning circle; it says nothing to screen readers, the element around it does. */
export function Spinner() {
  return (
    <span
      aria-hidden="true"
      className="inline-block size-4 shrink-0 animate-spin rounded-full border-2 border-current border-r-transparent motion-reduce:animate-none"
    />
  );
}
