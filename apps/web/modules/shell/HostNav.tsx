"use client";

import { classNames } from "@calsync/ui";
import Link from "next/link";
import { usePathname } from "next/navigation";

const PAGES: { href: string; name: string; below?: string }[] = [
  { href: "/calendar", name: "Calendar" },
  { href: "/bookings", name: "Bookings" },
  { href: "/event-types", name: "Event types" },
  { href: "/settings/calendars", name: "Settings", below: "/settings" },
];

/** A host's pages; the one that is open is marked. */
export function HostNav() {
  const pathname = usePathname();
  return (
    <nav aria-label="Main">
      <ul className="flex gap-1">
        {PAGES.map(({ href, name, below = href }) => {
          const here = pathname === href || pathname.startsWith(`${below}/`);
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                className={classNames(
                  "flex min-h-10 items-center rounded-lg px-2.5 text-sm whitespace-nowrap sm:px-3 font-medium transition-colors hover:bg-sunken",
                  here ? "bg-sunken text-ink" : "text-muted",
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
