import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type {
  CalendarPreferences,
  Destination,
  DestinationView,
  EventType,
  Preferences,
} from "../../../../modules/api/types.ts";
import { CalendarPreferencesForm } from "../../../../modules/preferences/CalendarPreferencesForm.tsx";
import { DestinationViewForm } from "../../../../modules/preferences/DestinationViewForm.tsx";
import { PreferencesForm } from "../../../../modules/preferences/PreferencesForm.tsx";

export const metadata: Metadata = { title: "Sync preferences" };

type ShownDestination = Destination & DestinationView;

export default async function SyncPreferencesPage() {
  await requireUser("/settings/sync");
  const [preferences, { calendars }, { destination, eventTypeDestinations }, { eventTypes }] =
    await Promise.all([
      readApi<Preferences>("/v1/preferences"),
      readApi<{ calendars: CalendarPreferences[] }>("/v1/calendars/preferences"),
      readApi<{ destination: ShownDestination | null; eventTypeDestinations: ShownDestination[] }>(
        "/v1/destination",
      ),
      readApi<{ eventTypes: EventType[] }>("/v1/event-types"),
    ]);
  const destinations = [...(destination ? [destination] : []), ...eventTypeDestinations];
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Sync preferences">
        How bookings and calendars are kept equal, and when you want to be asked.
      </PageHeading>
      <div className="grid gap-10">
        <PreferencesForm preferences={preferences} />
        {calendars.length > 0 ? (
          <section aria-labelledby="single-heading" className="grid gap-4">
            <h2 id="single-heading" className="text-xl font-semibold">
              Single calendars
            </h2>
            {calendars.map((calendar) => (
              <CalendarPreferencesForm
                key={calendar.calendarSyncId}
                calendar={calendar}
                preferences={preferences}
              />
            ))}
          </section>
        ) : null}
        {destinations.length > 0 ? (
          <section aria-labelledby="shown-heading" className="grid gap-4">
            <h2 id="shown-heading" className="text-xl font-semibold">
              What your calendars show
            </h2>
            {destinations.map((one) => (
              <DestinationViewForm
                key={`${one.eventTypeId} ${one.connectionId} ${one.calendarId}`}
                destination={one}
                usedFor={
                  one.eventTypeId === null
                    ? "Bookings of all event types without a calendar of their own"
                    : (eventTypes.find(({ id }) => id === one.eventTypeId)?.title ?? "One event type")
                }
              />
            ))}
          </section>
        ) : null}
      </div>
    </div>
  );
}
