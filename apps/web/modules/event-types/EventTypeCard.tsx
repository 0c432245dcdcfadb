import { Badge, buttonClass, Card } from "@calsync/ui";
import Link from "next/link";
import type { EventType } from "../api/types.ts";
import { formatDuration } from "../time/format.ts";
import { CopyLink } from "./CopyLink.tsx";

/** An event type in the host's list. */
export function EventTypeCard({ eventType, username }: { eventType: EventType; username: string }) {
  const { id, title, slug, durationMinutes, seats, hidden, location } = eventType;
  return (
    <Card className="flex h-full flex-col" aria-labelledby={`event-type-${id}`}>
      <div className="flex flex-wrap items-start justify-between gap-2">
        <h2 id={`event-type-${id}`} className="text-lg font-semibold">
          {title}
        </h2>
        {hidden ? (
          <Badge title="Left out of your booking page; whoever has the link can book it.">Hidden</Badge>
        ) : null}
      </div>
      <p className="mt-1 text-sm text-muted">
        {formatDuration(durationMinutes)}
        {seats > 1 ? ` · ${seats} seats` : ""}
        {location ? ` · ${location}` : ""}
      </p>
      <p className="mt-1 text-sm wrap-anywhere text-muted">
        /{username}/{slug}
      </p>
      <div className="mt-auto flex flex-wrap gap-2 pt-4">
        <Link href={`/event-types/${id}`} className={buttonClass("secondary", "small")}>
          Edit<span className="sr-only"> {title}</span>
        </Link>
        <CopyLink path={`/${username}/${slug}`} title={title} />
        <Link href={`/${username}/${slug}`} className={buttonClass("quiet", "small")}>
          Open<span className="sr-only"> {title}</span>
        </Link>
      </div>
    </Card>
  );
}
