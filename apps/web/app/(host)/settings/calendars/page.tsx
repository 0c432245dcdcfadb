import { Alert, PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { z } from "zod";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { Connection, Destinations, Provider, SyncOverview } from "../../../../modules/api/types.ts";
import { Connections } from "../../../../modules/calendars/Connections.tsx";
import { explainConnectError } from "../../../../modules/calendars/explain-error.ts";
import { SyncList } from "../../../../modules/calendars/SyncList.tsx";

export const metadata: Metadata = { title: "Calendars" };

const querySchema = z.object({
  /** What the way back from a provider's consent page brings. */
  connected: z.coerce.number().int().optional().catch(undefined),
  error: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional()
    .catch(undefined),
  /** The permissions that were left out there. */
  missing: z
    .string()
    .regex(/^[a-z,-]{1,100}$/)
    .optional()
    .catch(undefined),
});

export default async function CalendarsPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const user = await requireUser("/settings/calendars");
  const { connected, error, missing } = querySchema.parse(await searchParams);
  const [{ connections }, { providers }, { destination }, { calendars }] = await Promise.all([
    readApi<{ connections: Connection[] }>("/v1/connections"),
    readApi<{ providers: Provider[] }>("/v1/providers"),
    readApi<Destinations>("/v1/destination"),
    readApi<SyncOverview>("/v1/sync/status"),
  ]);
  const fresh = connections.find(({ id }) => id === connected);
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Calendars">
        Connect your calendars, choose where bookings are written, and which calendars make you busy.
      </PageHeading>
      <div className="grid gap-8">
        {fresh ? (
          <Alert
            tone="good"
            role="status"
            title={`${fresh.accountEmail ?? fresh.accountName ?? fresh.providerName} is connected`}
          >
            {destination
              ? "Choose below which of its calendars make you busy."
              : "Choose below where bookings are written, and which calendars make you busy."}
          </Alert>
        ) : null}
        {error ? (
          <Alert tone="bad" role="alert" title="The account was not connected">
            {explainConnectError(error, missing)}
          </Alert>
        ) : null}
        <Connections {...{ connections, providers, destination }} timeZone={user.timeZone} />
        <SyncList calendars={calendars} timeZone={user.timeZone} />
      </div>
    </div>
  );
}
