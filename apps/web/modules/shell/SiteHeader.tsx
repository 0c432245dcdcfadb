import { buttonClass } from "@calsync/ui";
import Link from "next/link";
import type { User } from "../api/types.ts";
import { AttentionLink } from "./AttentionLink.tsx";
import { HostNav } from "./HostNav.tsx";
import { SignOutButton } from "./SignOutButton.tsx";
import { SyncIndicator } from "./SyncIndicator.tsx";

/** The top of every page: for hosts the way to their pages and how sync stands, for everybody else the way in. */
export function SiteHeader({ user }: { user: User | null }) {
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex w-full max-w-5xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
        <Link href="/" className="flex min-h-11 items-center gap-2 font-semibold tracking-tight">
          <Mark />
          calsync
        </Link>
        {user ? (
          <>
            <div className="order-last -mx-2 w-full sm:order-none sm:mx-0 sm:w-auto">
              <HostNav />
            </div>
            <div className="ml-auto flex items-center gap-2">
              <AttentionLink />
              <SyncIndicator />
              <SignOutButton name={user.name} />
            </div>
          </>
        ) : (
          <nav aria-label="Account" className="ml-auto">
            <Link href="/login" className={buttonClass("quiet", "small")}>
              Sign in
            </Link>
          </nav>
        )}
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-6 text-accent">
      <g fill="none" stroke="currentColor" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round">
        <path d="M6 12.5A10.5 10.5 0 0 1 25 9.6M26 19.5A10.5 10.5 0 0 1 7 22.4" />
        <path d="M26 3v7h-7M6 29v-7h7" />
      </g>
    </svg>
  );
}
