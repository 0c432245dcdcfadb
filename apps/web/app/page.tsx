import { buttonClass, Card } from "@calsync/ui";
import Link from "next/link";
import { findUser, readApi } from "../modules/api/server.ts";
import { readSettings } from "../modules/api/settings.ts";
import type { PublicProfile } from "../modules/api/types.ts";

const PROMISES = [
  {
    title: "One time, two places",
    text: "A booking becomes an event in your calendar. Drag it there and the booking moves; move the booking and the event follows.",
  },
  {
    title: "Nobody is left guessing",
    text: "Guests hear of every new time. You see what changed, where it came from and why.",
  },
  {
    title: "Your calendar stays yours",
    text: "Your other appointments make you busy, and are never written to.",
  },
];

/** The front page: what this is, and the ways in. */
export default async function FrontPage() {
  const [user, demo] = await Promise.all([findUser().catch(() => null), findDemoHost()]);
  return (
    <div className="py-4 sm:py-10">
      <h1 className="max-w-3xl text-4xl font-semibold tracking-tight text-balance sm:text-5xl">
        Bookings and calendars that say the same.
      </h1>
      <p className="mt-5 max-w-2xl text-lg text-pretty text-muted">
        People book time with you on a page of your own, and every booking stays equal to its event in your
        calendar — whichever of the two you change.
      </p>
      <div className="mt-8 flex flex-wrap gap-3">
        {user ? (
          <Link href="/bookings" className={buttonClass("primary")}>
            Your bookings
          </Link>
        ) : (
          <Link href="/login" className={buttonClass("primary")}>
            Sign in
          </Link>
        )}
        {demo ? (
          <Link href={`/${demo.username}`} className={buttonClass("secondary")}>
            Book a time with {demo.name}
          </Link>
        ) : null}
      </div>
      <ul className="mt-14 grid gap-4 sm:grid-cols-3">
        {PROMISES.map(({ title, text }) => (
          <li key={title}>
            <Card className="h-full">
              <h2 className="font-semibold">{title}</h2>
              <p className="mt-2 text-muted">{text}</p>
            </Card>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Null when this installation has no such host, or cannot say. */
async function findDemoHost() {
  try {
    const { host } = await readApi<PublicProfile>(
      `/v1/public/${encodeURIComponent(readSettings().DEMO_USERNAME)}`,
    );
    return host;
  } catch {
    return null;
  }
}
