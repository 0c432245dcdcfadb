import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { idSchema, readParam } from "../../../../modules/api/params.ts";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { Connection, Destinations, EventType } from "../../../../modules/api/types.ts";
import { EventTypeDestination } from "../../../../modules/event-types/EventTypeDestination.tsx";
import { EventTypeForm } from "../../../../modules/event-types/EventTypeForm.tsx";

export const metadata: Metadata = { title: "Edit event type" };

export default async function EditEventTypePage({ params }: { params: Promise<{ id: string }> }) {
  const id = readParam(idSchema, (await params).id);
  const user = await requireUser(`/event-types/${id}`);
  const [{ eventTypes }, { destination, eventTypeDestinations }, { connections }] = await Promise.all([
    readApi<{ eventTypes: EventType[] }>("/v1/event-types"),
    readApi<Destinations>("/v1/destination"),
    readApi<{ connections: Connection[] }>("/v1/connections"),
  ]);
  const eventType = eventTypes.find((one) => one.id === id);
  if (!eventType) notFound();
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeading title={eventType.title} />
      <EventTypeForm eventType={eventType} username={user.username} />
      <EventTypeDestination
        key={id}
        eventTypeId={id}
        usual={destination}
        own={eventTypeDestinations.find(({ eventTypeId }) => eventTypeId === id) ?? null}
        connections={connections}
      />
    </div>
  );
}
