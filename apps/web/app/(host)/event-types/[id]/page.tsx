import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { idSchema, readParam } from "../../../../modules/api/params.ts";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { EventType } from "../../../../modules/api/types.ts";
import { EventTypeForm } from "../../../../modules/event-types/EventTypeForm.tsx";

export const metadata: Metadata = { title: "Edit event type" };

export default async function EditEventTypePage({ params }: { params: Promise<{ id: string }> }) {
  const id = readParam(idSchema, (await params).id);
  const user = await requireUser(`/event-types/${id}`);
  const { eventTypes } = await readApi<{ eventTypes: EventType[] }>("/v1/event-types");
  const eventType = eventTypes.find((one) => one.id === id);
  if (!eventType) notFound();
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeading title={eventType.title} />
      <EventTypeForm eventType={eventType} username={user.username} />
    </div>
  );
}
