import { isCalendarError } from "@calsync/lib";
import type { FormFlow, FormOutcome, ServiceDependencies } from "@calsync/types";
import * as z from "zod";
import { failedAttempt, invalidFields } from "../../common/form-problems.ts";
import { IcsFeedCalendarService } from "./CalendarService.ts";
import { credentialSchema, type IcsFeedCredential } from "./credential-schema.ts";
import { digestOf } from "./fetch-feed.ts";

const NO_ADDRESS = "Fill in the address of the feed.";
const valuesSchema = z.object({
  url: z
    .string(NO_ADDRESS)
    .trim()
    .min(1, NO_ADDRESS)
    .transform((text) => (/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`))
    .pipe(
      z.url({
        protocol: /^(https?|webcals?)$/i,
        error: "This is no address; it looks like https://calendar.example.com/team.ics.",
      }),
    ),
});

/** Adding a feed by its address, or giving one that is there a new address. */
export function createFormFlow(dependencies: Omit<ServiceDependencies, "credential">): FormFlow {
  return {
    async connect({ values, stored, timeZone }): Promise<FormOutcome> {
      const read = valuesSchema.safeParse(values);
      if (!read.success) return invalidFields(read.error);
      const { url } = read.data;
      const before = credentialSchema.safeParse(stored).data;
      const feedId = before?.feedId ?? digestOf(before?.url ?? url);
      const secret: IcsFeedCredential = { url, timeZone: before?.timeZone ?? timeZone, feedId };
      const service = new IcsFeedCalendarService({
        ...dependencies,
        credential: {
          read: async () => secret,
          rotate: async () => secret,
          markInvalid: async () => undefined,
        },
      });
      try {
        const [calendar] = await service.listCalendars();
        return {
          grant: { secret, accountId: feedId, accountEmail: null, accountName: calendar?.name ?? null },
        };
      } catch (error) {
        if (!isCalendarError(error)) throw error;
        return failedAttempt(error, {
          addressField: "url",
          secretField: "url",
          secretHint: "Copy the feed's address again.",
          addressHint:
            "Copy the address of the calendar's ICS feed: the one that ends in .ics, not that of the page which shows the calendar.",
        });
      }
    },
  };
}
