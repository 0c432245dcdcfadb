import { SET_ASIDE_REASONS } from "@calsync/ics";
import { z } from "zod";

const instant = z.iso.datetime();

/** Why a mail was not applied. */
export const setAsideSchema = z.enum(SET_ASIDE_REASONS);

/** The inbox as one user sees it. */
export const inboxSchema = z
  .object({
    address: z.string().describe("Yours: what comes there is for you"),
    lastReadAt: instant.nullable().describe("When it was last read to its end"),
    lastError: z.string().nullable().describe("Why it cannot be read; null while it can"),
    nextReadAt: instant.nullable().describe("When that is tried again"),
    setAside: z.array(
      z.object({
        id: z.uuid(),
        sender: z.string().nullable(),
        subject: z.string(),
        reason: setAsideSchema,
        detail: z.string().nullable(),
        receivedAt: instant,
      }),
    ),
  })
  .meta({ id: "Inbox" });
