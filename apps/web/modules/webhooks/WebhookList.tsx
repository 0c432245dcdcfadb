"use client";

import { Badge, Button, Card, EmptyState } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { Webhook } from "../api/types.ts";
import { SecretOnce } from "./SecretOnce.tsx";
import { WebhookForm } from "./WebhookForm.tsx";
import { lookOfWebhook } from "./webhook-words.ts";

/** The webhooks of the host and of their teams, and the way to make one. */
export function WebhookList({ webhooks }: { webhooks: Webhook[] }) {
  const router = useRouter();
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      {webhooks.length === 0 ? (
        <EmptyState title="No webhooks yet">
          A webhook tells a program of yours what happens to bookings, at once and signed.
        </EmptyState>
      ) : (
        <ul className="grid gap-4">
          {webhooks.map((webhook) => (
            <li key={webhook.id}>
              <WebhookCard webhook={webhook} />
            </li>
          ))}
        </ul>
      )}
      <Button
        kind={webhooks.length === 0 ? "primary" : "secondary"}
        className="mt-6"
        onClick={() => setMaking(true)}
      >
        New webhook
      </Button>
      <Dialog open={making} title="New webhook" onClose={() => setMaking(false)}>
        <WebhookForm
          webhook={null}
          onClose={() => setMaking(false)}
          onSaved={(made) => {
            setMaking(false);
            setSecret(made);
            router.refresh();
          }}
        />
      </Dialog>
      {secret ? <SecretOnce secret={secret} onClose={() => setSecret(null)} /> : null}
    </>
  );
}

function WebhookCard({ webhook }: { webhook: Webhook }) {
  const look = lookOfWebhook(webhook);
  const { id, name, url, team, events } = webhook;
  return (
    <Card className="relative hover:bg-sunken/60">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="font-semibold wrap-anywhere">
            <Link href={`/settings/webhooks/${id}`} className="after:absolute after:inset-0 hover:underline">
              {name || url}
            </Link>
          </h2>
          <p className="text-sm wrap-anywhere text-muted">
            {[
              name ? url : "",
              team ? `Team ${team.name}` : "",
              `${events.length} kind${events.length === 1 ? "" : "s"} of news`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
        <Badge tone={look.tone}>{look.text}</Badge>
      </div>
    </Card>
  );
}
