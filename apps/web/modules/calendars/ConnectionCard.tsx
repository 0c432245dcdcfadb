import { Alert, Badge, Card } from "@calsync/ui";
import type { Connection, Destination, Provider } from "../api/types.ts";
import { MomentText } from "../time/TimeText.tsx";
import { CalendarChoices } from "./CalendarChoices.tsx";
import { ConnectButton } from "./ConnectButton.tsx";
import { ConnectByForm } from "./ConnectByForm.tsx";
import { Disconnect } from "./Disconnect.tsx";
import { secretsOf } from "./secrets-of.ts";

/** One linked account: how it stands, what its calendars are used for, and the way out. */
export function ConnectionCard({
  connection,
  provider,
  destination,
  timeZone,
}: {
  connection: Connection;
  /** Undefined for one that this installation no longer ships. */
  provider: Provider | undefined;
  destination: Destination | null;
  timeZone: string;
}) {
  const { id, providerName, accountEmail, accountName, status, createdAt } = connection;
  const name = accountEmail ?? accountName ?? providerName;
  const form = provider?.form ?? null;
  const secrets = form ? secretsOf(form) : null;
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
            {connection.invalidReason ? `${connection.invalidReason.replace(/[.]?$/, ".")} ` : ""}Bookings are
            kept and will be written once the account is connected again.
          </p>
          <div className="mt-3">
            {provider?.auth === "oauth" ? (
              <ConnectButton provider={provider.slug} label="Connect again" kind="primary" />
            ) : provider && form ? (
              <ConnectByForm
                provider={provider.slug}
                form={form}
                connectionId={id}
                label="Connect again"
                title={`Connect ${name} again`}
                kind="primary"
              />
            ) : null}
          </div>
        </Alert>
      )}
      {active ? (
        <CalendarChoices
          connectionId={id}
          accountName={name}
          destination={destination}
          tables={provider?.tables ?? false}
          version={connection.calendarCount}
        />
      ) : null}
      <div className="mt-6 flex flex-wrap justify-between gap-3 border-t border-line pt-4">
        <Disconnect connectionId={id} name={name} />
        {provider && form && secrets && provider.auth !== "oauth" ? (
          <ConnectByForm
            provider={provider.slug}
            form={form}
            connectionId={id}
            label={`New ${secrets}`}
            title={`New ${secrets} for ${name}`}
            size="small"
          />
        ) : null}
      </div>
    </Card>
  );
}
