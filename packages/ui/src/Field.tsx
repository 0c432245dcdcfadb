import { type ComponentProps, type ReactNode, useId } from "react";
import { classNames } from "./class-names.ts";

interface FieldTexts {
  label: string;
  /** Shown under the label and read with it. */
  hint?: string | undefined;
  /** What is wrong with the value; the field is then marked as invalid. */
  error?: string | undefined;
}

const CONTROL =
  "w-full rounded-lg border border-line-strong bg-surface px-3 text-ink placeholder:text-muted " +
  "aria-invalid:border-bad aria-invalid:outline-bad";

/** A line of text with its label, hint and error, all bound to it for screen readers. */
export function TextField({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldTexts & Omit<ComponentProps<"input">, "id">) {
  const ids = useFieldIds();
  return (
    <Frame {...{ label, hint, error, ids }} optional={!rest.required} className={className}>
      <input
        {...rest}
        {...describe({ hint, error, ids })}
        id={ids.control}
        className={classNames(CONTROL, "h-11")}
      />
    </Frame>
  );
}

/** Several lines of text. */
export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldTexts & Omit<ComponentProps<"textarea">, "id">) {
  const ids = useFieldIds();
  return (
    <Frame {...{ label, hint, error, ids }} optional={!rest.required} className={className}>
      <textarea
        rows={4}
        {...rest}
        {...describe({ hint, error, ids })}
        id={ids.control}
        className={classNames(CONTROL, "py-2")}
      />
    </Frame>
  );
}

/** One of a list; `children` are its options. */
export function SelectField({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldTexts & Omit<ComponentProps<"select">, "id">) {
  const ids = useFieldIds();
  return (
    <Frame {...{ label, hint, error, ids }} optional={false} className={className}>
      <select
        {...rest}
        {...describe({ hint, error, ids })}
        id={ids.control}
        className={classNames(CONTROL, "h-11 truncate")}
      />
    </Frame>
  );
}

/** A box to tick or a choice of one, with its label beside it. */
export function Choice({
  label,
  detail,
  className,
  ...rest
}: { label: ReactNode; detail?: ReactNode } & Omit<ComponentProps<"input">, "id">) {
  const id = useId();
  return (
    <div className={classNames("flex items-start gap-3", className)}>
      <input
        {...rest}
        id={id}
        aria-describedby={detail ? `${id}-detail` : undefined}
        className="mt-0.5 size-5 shrink-0 accent-accent"
      />
      <div className="min-w-0">
        <label htmlFor={id} className={rest.disabled ? "text-muted" : undefined}>
          {label}
        </label>
        {detail ? (
          <p id={`${id}-detail`} className="text-sm text-muted">
            {detail}
          </p>
        ) : null}
      </div>
    </div>
  );
}

interface FieldIds {
  control: string;
  hint: string;
  error: string;
}

function useFieldIds(): FieldIds {
  const control = useId();
  return { control, hint: `${control}-hint`, error: `${control}-error` };
}

function describe({
  hint,
  error,
  ids,
}: {
  hint?: string | undefined;
  error?: string | undefined;
  ids: FieldIds;
}) {
  const described = classNames(hint && ids.hint, error && ids.error);
  return { "aria-invalid": error ? true : undefined, "aria-describedby": described || undefined };
}

function Frame({
  label,
  hint,
  error,
  ids,
  optional,
  className,
  children,
}: FieldTexts & {
  ids: FieldIds;
  optional: boolean;
  className?: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className={className}>
      <p className="mb-1.5 flex items-baseline justify-between gap-3">
        <label htmlFor={ids.control} className="font-medium">
          {label}
        </label>
        {optional ? <span className="text-sm text-muted">optional</span> : null}
      </p>
      {hint ? (
        <p id={ids.hint} className="-mt-1 mb-1.5 text-sm text-muted">
          {hint}
        </p>
      ) : null}
      {children}
      {error ? (
        <p id={ids.error} className="mt-1.5 text-sm font-medium text-bad">
          {error}
        </p>
      ) : null}
    </div>
  );
}
