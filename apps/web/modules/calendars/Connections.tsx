import { EmptyState } from "@calsync/ui";
import type { Connection, Destination, Provider } from "../api/types.ts";
import { ConnectButton } from "./ConnectButton.tsx";
import { ConnectByForm } from "./ConnectByForm.tsx";
import { ConnectionCard } from "./ConnectionCard.tsx";
import { DestinationChoice } from "./DestinationChoice.tsx";
import { secretsOf } from "./secrets-of.ts";

/** Linked accounts, and the providers of which another one can be linked. */
export function Connections({
  connections,
  providers,
  destination,
  timeZone,
}: {
  connections: Connection[];
  providers: Provider[];
  destination: Destination | null;
  timeZone: string;
}) {
  const offered = providers.filter(({ configured }) => configured);
  const kind = connections.length === 0 ? "primary" : "secondary";
  return (
    <section aria-labelledby="accounts-heading" className="grid gap-4">
      <h2 id="accounts-heading" className="text-xl font-semibold">
        Accounts
      </h2>
      {connections.length === 0 ? (
        <EmptyState title="No calendar is connected yet">
          Until one is, bookings are kept here only, and nothing of your calendar makes you busy.
        </EmptyState>
      ) : (
        <DestinationChoice destination={destination}>
          {connections.map((connection) => (
            <ConnectionCard
              key={connection.id}
              provider={providers.find(({ slug }) => slug === connection.provider)}
              {...{ connection, destination, timeZone }}
            />
          ))}
        </DestinationChoice>
      )}
      <ul className="flex flex-wrap gap-3" aria-label="Connect another account">
        {offered.flatMap(({ slug, name, auth, form }) => [
          ...(auth === "oauth"
            ? [
                <li key={slug}>
                  <ConnectButton provider={slug} label={`Connect ${name}`} kind={kind} />
                </li>,
              ]
            : []),
          ...(form
            ? [
                <li key={`${slug}-form`}>
                  <ConnectByForm
                    provider={slug}
                    form={form}
                    label={auth === "oauth" ? `Connect ${name} by ${secretsOf(form)}` : `Connect ${name}`}
                    title={`Connect ${name}`}
                  />
                </li>,
              ]
            : []),
        ])}
      </ul>
      {offered.length === 0 ? (
        <p className="text-muted">
          No calendar provider is set up here. The operator of this installation has to add credentials of
          one.
        </p>
      ) : null}
    </section>
  );
}
