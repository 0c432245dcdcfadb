import { PageHeading } from "@calsync/ui";
import type { Metadata } from "next";
import { readApi, requireUser } from "../../../../modules/api/server.ts";
import type { Webhook } from "../../../../modules/api/types.ts";
import { WebhookList } from "../../../../modules/webhooks/WebhookList.tsx";

export const metadata: Metadata = { title: "Webhooks" };

export default async function WebhooksPage() {
  await requireUser("/settings/webhooks");
  const { webhooks } = await readApi<{ webhooks: Webhook[] }>("/v1/webhooks");
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Webhooks">Programs of yours that are told what happens.</PageHeading>
      <WebhookList webhooks={webhooks} />
    </div>
  );
}
