import { buttonClass, EmptyState, PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import Link from "next/link";
import { readApi, requireUser } from "../../../modules/api/server.ts";
import type { EventType } from "../../../modules/api/types.ts";
import { EventTypeCard } from "../../../modules/event-types/EventTypeCard.tsx";

export const metadata: Metadata = { title: "Event types" };

export default async function EventTypesPage() {
  const user = await requireUser("/event-types");
  const { eventTypes } = await readApi<{ eventTypes: EventType[] }>("/v1/event-types");
  return (
    <>
      <PageHeading
        title="Event types"
        actions={
          <Link href="/event-types/new" className={buttonClass("primary")}>
            New event type
          </Link>
        }
      >
        What people can book with you, on{" "}
        <Link href={`/${user.username}`} className="link">
          your booking page
        </Link>
        .
      </PageHeading>
      {eventTypes.length === 0 ? (
        <EmptyState title="Nothing can be booked yet">Make an event type, then share its link.</EmptyState>
      ) : (
        <ul className="grid gap-4 sm:grid-cols-2">
          {eventTypes.map((eventType) => (
            <li key={eventType.id}>
              <EventTypeCard eventType={eventType} username={user.username} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
