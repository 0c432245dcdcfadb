import type { FreeBusyStatus, ScheduleInformation, ScheduleItem } from "@microsoft/microsoft-graph-types";
import { z } from "zod";
import type { GraphContext } from "../context.ts";
import { badRequest } from "../errors.ts";
import { printSpan, readSpan } from "../event-times.ts";
import { NEEDED_SCOPES } from "../scopes.ts";
import type { GraphAccount } from "../types.ts";
import { viewWindow } from "./event-lists.ts";
import { bodyOf, type GraphCall, type GraphMethod, mailboxOf, ok } from "./GraphMethod.ts";
import { contextOf } from "./query-options.ts";

const MINUTE_MS = 60_000;
const MAX_DAYS = 62;
const MAX_ENTRIES = 1000;
/** Digits of the availability view; of two events in one slot the one that comes last here counts. */
const DIGITS: [FreeBusyStatus, string][] = [
  ["free", "0"],
  ["workingElsewhere", "4"],
  ["tentative", "1"],
  ["busy", "2"],
  ["oof", "3"],
];

const time = z.object({ dateTime: z.string(), timeZone: z.string().nullish() });
const input = z.object({
  schedules: z.array(z.string()).min(1),
  startTime: time,
  endTime: time,
  availabilityViewInterval: z.number().int().min(5).max(1440).default(30),
});
type ScheduleInput = z.infer<typeof input>;

/** Availability of users by address. */
export const scheduleMethods: readonly GraphMethod[] = [
  {
    id: "graph.getSchedule",
    verb: "POST",
    paths: ["calendar/getSchedule", "calendars/{calendarId}/getSchedule"],
    scopes: NEEDED_SCOPES.readBasic,
    handle: (context, call) => {
      const account = mailboxOf(call);
      if (account.personal) {
        throw badRequest(
          "ErrorInvalidRequest",
          "getSchedule is not supported for personal Microsoft accounts.",
        );
      }
      const result = input.safeParse(bodyOf(call));
      if (!result.success) {
        const issue = result.error.issues[0];
        throw badRequest("ErrorInvalidParameter", `${issue?.path.join(".")}: ${issue?.message}`);
      }
      const { startTime, endTime } = result.data;
      const { startMs, endMs } = readSpan({ start: startTime, end: endTime }, null);
      if (endMs - startMs > MAX_DAYS * 24 * 60 * MINUTE_MS) {
        throw badRequest(
          "ErrorTimeIntervalTooBig",
          `The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed limit = ${MAX_DAYS} days.`,
        );
      }
      const value = result.data.schedules.map((address) =>
        scheduleOf(context, call, account, address, result.data, { fromMs: startMs, toMs: endMs }),
      );
      return ok({ "@odata.context": contextOf(call, "Collection(scheduleInformation)"), value });
    },
  },
];

function scheduleOf(
  context: GraphContext,
  call: GraphCall,
  asking: GraphAccount,
  address: string,
  { availabilityViewInterval }: ScheduleInput,
  window: { fromMs: number; toMs: number },
): ScheduleInformation {
  const account = context.store.accounts.get(address.toLowerCase());
  if (!account || account.tenantId !== asking.tenantId) {
    return failure(
      address,
      "ErrorMailRecipientNotFound",
      "Unable to resolve e-mail address to an Active Directory object.",
    );
  }
  const events = viewWindow(context, context.store.defaultCalendar(account.email), window, call.reader);
  if (events.length > MAX_ENTRIES) {
    return failure(address, "5006", "The result set contains too many calendar entries.");
  }
  const own = account.email === asking.email;
  const slots: FreeBusyStatus[] = [];
  const stepMs = availabilityViewInterval * MINUTE_MS;
  const scheduleItems: ScheduleItem[] = [];
  for (const { view, stored, startMs } of events) {
    const status = (view.showAs ?? "busy") as FreeBusyStatus;
    const endMs = startMs + (stored.span.endMs - stored.span.startMs);
    scheduleItems.push({
      status,
      ...printSpan({ ...stored.span, startMs, endMs }, call.reader.timeZone),
      isPrivate: view.sensitivity === "private",
      // Colleagues see when, not what.
      ...(own ? { subject: view.subject ?? "", location: view.location?.displayName ?? "" } : {}),
    });
    for (let slot = 0; window.fromMs + slot * stepMs < window.toMs; slot += 1) {
      const slotMs = window.fromMs + slot * stepMs;
      slots[slot] ??= "free";
      if (startMs < slotMs + stepMs && endMs > slotMs && rank(status) > rank(slots[slot]))
        slots[slot] = status;
    }
  }
  const count = Math.ceil((window.toMs - window.fromMs) / stepMs);
  const availabilityView = Array.from({ length: count }, (_, slot) => DIGITS[rank(slots[slot])]?.[1]).join(
    "",
  );
  return {
    scheduleId: address,
    availabilityView,
    scheduleItems,
    workingHours: {
      daysOfWeek: ["monday", "tuesday", "wednesday", "thursday", "friday"],
      startTime: "08:00:00.0000000",
      endTime: "17:00:00.0000000",
      timeZone: { name: account.timeZone },
    },
  };
}

function rank(status: FreeBusyStatus | undefined): number {
  return Math.max(
    0,
    DIGITS.findIndex(([name]) => name === status),
  );
}

function failure(scheduleId: string, responseCode: string, message: string): ScheduleInformation {
  return { scheduleId, availabilityView: "", scheduleItems: [], error: { message, responseCode } };
}
