import { isCalendarError } from "@calsync/lib";
import type { FormFlow, FormOutcome, ServiceDependencies } from "@calsync/types";
import * as z from "zod";
import { failedAttempt, invalidFields } from "../../common/form-problems.ts";
import type { NotionCredential } from "./credential-schema.ts";
import { NotionRequests } from "./NotionRequests.ts";
import { parseSettings } from "./settings.ts";

const NO_TOKEN = "Fill in the integration's secret.";
const valuesSchema = z.object({
  token: z
    .string(NO_TOKEN)
    .trim()
    .min(1, { error: NO_TOKEN, abort: true })
    .regex(/^(ntn|secret)_\w+$/, "This is no secret of an integration; it begins with ntn_ or secret_."),
});

/** Connecting a workspace by the secret of an internal integration of its owner's. */
export function createFormFlow(dependencies: Omit<ServiceDependencies, "credential">): FormFlow {
  const settings = parseSettings(dependencies.settings);
  return {
    async connect({ values }): Promise<FormOutcome> {
      const read = valuesSchema.safeParse(values);
      if (!read.success) return invalidFields(read.error);
      const candidate: NotionCredential = {
        accessToken: read.data.token,
        refreshToken: null,
        botId: "unknown",
        kind: "internal",
      };
      const credential = {
        read: async () => ({ ...candidate }),
        rotate: async (
          refresh: (current: Record<string, unknown>) => Promise<Record<string, unknown> | null>,
        ) => (await refresh({ ...candidate })) ?? { ...candidate },
        markInvalid: async () => undefined,
      };
      const requests = new NotionRequests({ credential, log: dependencies.log }, settings);
      try {
        const bot = await requests.send({
          name: "users.me",
          subject: "account",
          send: (client, auth) => client.users.me({ auth } as { auth: string } & Record<string, never>),
        });
        const workspace = bot.type === "bot" && "workspace_name" in bot.bot ? bot.bot.workspace_name : null;
        return {
          grant: {
            secret: { ...candidate, botId: bot.id },
            accountId: bot.id,
            accountEmail: null,
            accountName: [workspace, bot.name].filter(Boolean).join(" · ") || null,
          },
        };
      } catch (error) {
        if (!isCalendarError(error)) throw error;
        return failedAttempt(error, {
          addressField: null,
          secretField: "token",
          secretHint: "Copy the secret again from the integration's page.",
          addressHint: "Give the integration the capabilities to read, update and insert content.",
        });
      }
    },
  };
}
