"use client";

import { classNames } from "@calsync/ui";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";

const PAGES = [
  { href: "/settings/calendars", name: "Calendars" },
  { href: "/settings/sync", name: "Preferences" },
  { href: "/settings/status", name: "Sync status" },
  { href: "/settings/files", name: "Import & export" },
  { href: "/settings/webhooks", name: "Webhooks" },
  { href: "/settings/teams", name: "Teams" },
] as const;

/** The pages of the settings; the one that is open is marked. */
export function SettingsNav() {
  const pathname = usePathname();
  const list = useRef<HTMLUListElement>(null);
  // Where the row is too narrow for all of them, the open one is among those that show.
  useEffect(() => {
    const open = list.current?.querySelector('[aria-current="page"]');
    open?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <nav aria-label="Settings" className="mx-auto mb-8 max-w-3xl overflow-x-auto border-b border-line">
      <ul ref={list} className="flex gap-1">
        {PAGES.map(({ href, name }) => {
          const here = pathname === href || pathname.startsWith(`${href}/`);
          return (
            <li key={href} className="shrink-0">
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                className={classNames(
                  "-mb-px flex min-h-11 items-center border-b-2 px-3 font-medium transition-colors",
                  here
                    ? "border-accent text-ink"
                    : "border-transparent text-muted hover:border-line-strong hover:text-ink",
                )}
              >
                {name}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
