import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { requireUser } from "../../../../modules/api/server.ts";
import { EventTypeForm } from "../../../../modules/event-types/EventTypeForm.tsx";

export const metadata: Metadata = { title: "New event type" };

export default async function NewEventTypePage() {
  const user = await requireUser("/event-types/new");
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeading title="New event type" />
      <EventTypeForm eventType={null} username={user.username} />
    </div>
  );
}
