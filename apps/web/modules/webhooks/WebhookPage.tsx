"use client";

import { Alert, Badge, Button, Card } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { Webhook, WebhookDelivery } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { MomentText } from "../time/TimeText.tsx";
import { Deliveries } from "./Deliveries.tsx";
import { SecretOnce } from "./SecretOnce.tsx";
import { WebhookForm } from "./WebhookForm.tsx";
import { lookOfWebhook } from "./webhook-words.ts";

/** One webhook: what it is told, its secrets, and what was sent to it. */
export function WebhookPage({
  webhook,
  deliveries,
  nextCursor,
  timeZone,
}: {
  webhook: Webhook;
  deliveries: WebhookDelivery[];
  nextCursor: string | null;
  timeZone: string;
}) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [said, setSaid] = useState("");
  const [secret, setSecret] = useState<string | null>(null);
  const [open, setOpen] = useState<"edit" | "rotate" | "delete" | null>(null);
  const look = lookOfWebhook(webhook);
  const path = `/v1/webhooks/${webhook.id}` as const;

  const act = async (name: string, text: string, work: () => Promise<unknown>) => {
    setSaid("");
    if (!(await run(name, work))) return;
    setSaid(text);
    setOpen(null);
    router.refresh();
  };
  const rotate = () =>
    act("rotate", "There is a new secret.", async () => {
      const body = { keepPreviousHours: 24 };
      setSecret(
        (await callApi<{ secret: string }>(`${path}/rotate-secret`, { method: "POST", body })).secret,
      );
    });
  const remove = () =>
    run("delete", async () => {
      await callApi(path, { method: "DELETE" });
      router.push("/settings/webhooks");
      router.refresh();
    });
  const toggle = () =>
    act("toggle", webhook.active ? "It is told nothing from now on." : "It is told again.", () =>
      callApi(path, { method: "PATCH", body: { active: !webhook.active } }),
    );

  return (
    <div className="grid gap-6">
      <p>
        <Link href="/settings/webhooks" className="link">
          All webhooks
        </Link>
      </p>
      <Card aria-labelledby="webhook-heading">
        <div className="flex flex-wrap items-start justify-between gap-3">
          <h1 id="webhook-heading" className="min-w-0 text-2xl font-semibold wrap-anywhere">
            {webhook.name || webhook.url}
          </h1>
          <Badge tone={look.tone}>{look.text}</Badge>
        </div>
        {webhook.name ? <p className="mt-1 wrap-anywhere text-muted">{webhook.url}</p> : null}
        {webhook.previousSecretUntil ? (
          <Alert tone="accent" className="mt-4" title="Two secrets are in use">
            <p>
              Messages are signed with the previous one too until{" "}
              <MomentText instant={webhook.previousSecretUntil} timeZone={timeZone} />.
            </p>
            <Button
              size="small"
              className="mt-3"
              busy={busy === "end"}
              onClick={() =>
                act("end", "The previous secret is no longer used.", () =>
                  callApi(`${path}/previous-secret`, { method: "DELETE" }),
                )
              }
            >
              End the previous one now
            </Button>
          </Alert>
        ) : null}
        <div className="mt-5 flex flex-wrap gap-2">
          <Button size="small" onClick={() => setOpen("edit")}>
            Edit
          </Button>
          <Button
            size="small"
            busy={busy === "ping"}
            onClick={() =>
              act("ping", "A test message is on its way.", () => callApi(`${path}/ping`, { method: "POST" }))
            }
          >
            Send a test message
          </Button>
          <Button size="small" onClick={() => setOpen("rotate")}>
            New secret
          </Button>
          <Button size="small" busy={busy === "toggle"} onClick={toggle}>
            {webhook.active ? "Switch off" : "Switch on"}
          </Button>
          <Button size="small" kind="caution" onClick={() => setOpen("delete")}>
            Delete
          </Button>
        </div>
        <p role="status" className="mt-3 text-sm text-good">
          {said}
        </p>
        {problem ? (
          <Alert tone="bad" role="alert" className="mt-3">
            {problem}
          </Alert>
        ) : null}
      </Card>
      <Deliveries webhookId={webhook.id} {...{ deliveries, nextCursor, timeZone }} />
      <Dialog open={open === "edit"} title="Edit webhook" onClose={() => setOpen(null)}>
        <WebhookForm
          webhook={webhook}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null);
            setSaid("Saved.");
            router.refresh();
          }}
        />
      </Dialog>
      <Dialog open={open === "rotate"} title="Make a new secret?" onClose={() => setOpen(null)}>
        <p className="text-muted">
          For a day messages are signed with both, so that the receiver can change over without missing one.
        </p>
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setOpen(null)}>Keep the secret</Button>
          <Button kind="primary" busy={busy === "rotate"} onClick={rotate}>
            Make a new one
          </Button>
        </div>
      </Dialog>
      <Dialog open={open === "delete"} title="Delete this webhook?" onClose={() => setOpen(null)}>
        <p className="text-muted">Nothing more is sent to it, and the log of what was sent is gone too.</p>
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setOpen(null)}>Keep it</Button>
          <Button kind="danger" busy={busy === "delete"} onClick={remove}>
            Delete webhook
          </Button>
        </div>
      </Dialog>
      {secret ? <SecretOnce secret={secret} onClose={() => setSecret(null)} /> : null}
    </div>
  );
}
