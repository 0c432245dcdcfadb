import { Alert, Badge, Card } from "@calsync/ui";
import type { Connection, Destination } from "../api/types.ts";
import { MomentText } from "../time/TimeText.tsx";
import { CalendarChoices } from "./CalendarChoices.tsx";
import { ConnectButton } from "./ConnectButton.tsx";
import { Disconnect } from "./Disconnect.tsx";

/** One linked account: how it stands, what its calendars are used for, and the way out. */
export function ConnectionCard({
  connection,
  destination,
  timeZone,
}: {
  connection: Connection;
  destination: Destination | null;
  timeZone: string;
}) {
  const { id, provider, providerName, accountEmail, status, createdAt } = connection;
  const name = accountEmail ?? providerName;
  const active = status === "active";
  return (
    <Card aria-label={`Account ${name}`} data-connection-id={id}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h3 className="font-semibold wrap-anywhere">{name}</h3>
          <p className="text-sm text-muted">
            {providerName} · since <MomentText instant={createdAt} timeZone={timeZone} />
          </p>
        </div>
        <Badge tone={active ? "good" : "bad"}>{active ? "Connected" : "Has to be connected again"}</Badge>
      </div>
      {active ? null : (
        <Alert tone="bad" className="mt-4" title="The provider no longer accepts this connection">
          <p>
            {connection.invalidReason ? `${connection.invalidReason} ` : ""}Bookings are kept and will be
            written once the account is connected again.
          </p>
          <div className="mt-3">
            <ConnectButton provider={provider} label="Connect again" kind="primary" />
          </div>
        </Alert>
      )}
      {active ? (
        <CalendarChoices
          connectionId={id}
          accountName={name}
          destination={destination}
          version={connection.calendarCount}
        />
      ) : null}
      <div className="mt-6 border-t border-line pt-4">
        <Disconnect connectionId={id} name={name} />
      </div>
    </Card>
  );
}
