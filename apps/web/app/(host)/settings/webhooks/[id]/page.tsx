import type { Metadata } from "next";
import { z } from "zod";
import { readParam, uidSchema } from "../../../../../modules/api/params.ts";
import { readApiOr404, requireUser } from "../../../../../modules/api/server.ts";
import type { Webhook, WebhookDelivery } from "../../../../../modules/api/types.ts";
import { WebhookPage } from "../../../../../modules/webhooks/WebhookPage.tsx";

export const metadata: Metadata = { title: "Webhook" };

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

const querySchema = z.object({ cursor: z.string().min(1).max(200).optional().catch(undefined) });

export default async function Page({ params, searchParams }: Props) {
  const id = readParam(uidSchema, (await params).id);
  const user = await requireUser(`/settings/webhooks/${id}`);
  const { cursor } = querySchema.parse(await searchParams);
  const query = new URLSearchParams(cursor ? { cursor } : {});
  const [{ webhook }, { deliveries, nextCursor }] = await Promise.all([
    readApiOr404<{ webhook: Webhook }>(`/v1/webhooks/${id}`),
    readApiOr404<{ deliveries: WebhookDelivery[]; nextCursor: string | null }>(
      `/v1/webhooks/${id}/deliveries?${query}`,
    ),
  ]);
  return (
    <div className="mx-auto max-w-3xl">
      <WebhookPage {...{ webhook, deliveries, nextCursor }} timeZone={user.timeZone} />
    </div>
  );
}
