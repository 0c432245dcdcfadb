import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** A sheet that holds things which belong together. */
export function Card({ className, ...rest }: ComponentProps<"section">) {
  return (
    <section
      {...rest}
      className={classNames("rounded-2xl border border-line bg-surface p-5 sm:p-6", className)}
    />
  );
}

/** What a list shows while it has nothing: why, and what to do about it. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="rounded-2xl border border-dashed border-line-strong/60 px-6 py-12 text-center">
      <p className="text-lg font-semibold">{title}</p>
      {children ? <div className="mx-auto mt-2 max-w-prose text-muted">{children}</div> : null}
    </div>
  );
}

/** Heading of a page with what can be done there; the only `h1`. */
export function PageHeading({
  title,
  children,
  actions,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight text-balance sm:text-3xl">{title}</h1>
        {children ? <p className="mt-1 max-w-prose text-muted">{children}</p> : null}
      </div>
      {actions}
    </div>
  );
}
