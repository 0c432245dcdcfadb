import { isCalendarError } from "@calsync/lib";
import type { BusyInterval, Interval } from "@calsync/types";
import { LRUCache } from "lru-cache";
import type { EngineDependencies } from "./dependencies.ts";
import { failureOf } from "./failure.ts";

/** A calendar to ask for. */
export interface AskedCalendar {
  credentialId: number;
  credentialActive: boolean;
  externalCalendarId: string;
  provider: string;
}

/** One answer of an account, or its refusal (null), for a stretch of time. */
interface Answer {
  range: Interval;
  askedAt: number;
  busy: Promise<BusyInterval[] | null>;
}

const DAY_MS = 24 * 3_600_000;
/** A refusal is believed for a shorter time than an answer. */
const REFUSED_SHARE = 0.25;
/** Stretches that are kept per account and calendars. */
const KEPT_ANSWERS = 4;

/**
 * Asks providers when calendars are busy: one call per account, its answer kept for a minute, requests at the same moment share
 * it. A provider that does not answer in time counts as unreadable, because a guest is waiting.
 */
export class LiveBusy {
  readonly #deps: Pick<EngineDependencies, "gateway" | "settings" | "now" | "log">;
  readonly #answers = new LRUCache<string, Answer[]>({ max: 5_000 });

  constructor(deps: Pick<EngineDependencies, "gateway" | "settings" | "now" | "log">) {
    this.#deps = deps;
  }

  /** @returns the busy times of each calendar that can be read; the others are missing */
  async find<C extends AskedCalendar>(
    calendars: readonly C[],
    range: Interval,
  ): Promise<Map<C, BusyInterval[]>> {
    const found = new Map<C, BusyInterval[]>();
    const readable = calendars.filter(({ credentialActive }) => credentialActive);
    const accounts = Map.groupBy(readable, ({ credentialId }) => credentialId);
    await Promise.all(
      [...accounts.values()].map(async (group) => {
        const together = await this.#ask(group, range);
        // One calendar that is gone spoils the answer for all: then each is asked by itself.
        const apart = together === null && group.length > 1;
        for (const calendar of group) {
          const busy = apart ? await this.#ask([calendar], range) : together;
          const own = busy?.filter(({ calendarId }) => calendarId === calendar.externalCalendarId);
          if (own) found.set(calendar, own);
        }
      }),
    );
    return found;
  }

  #ask(group: readonly AskedCalendar[], range: Interval): Promise<BusyInterval[] | null> {
    const { settings, now } = this.#deps;
    const [{ credentialId, provider } = { credentialId: 0, provider: "" }] = group;
    const ids = group.map(({ externalCalendarId }) => externalCalendarId).sort();
    const key = JSON.stringify([credentialId, ids]);
    const at = now().getTime();
    const answers = (this.#answers.get(key) ?? []).filter(
      ({ askedAt }) => at - askedAt < settings.liveBusyCacheMs && askedAt <= at,
    );
    const kept = answers.find((one) => one.range.start <= range.start && one.range.end >= range.end);
    if (kept) return kept.busy;
    // Whole days, so that the months and moments that people ask for share answers.
    const whole = {
      start: new Date(Math.floor(range.start.getTime() / DAY_MS) * DAY_MS),
      end: new Date(Math.ceil(range.end.getTime() / DAY_MS) * DAY_MS),
    };
    const answer: Answer = {
      range: whole,
      askedAt: at,
      busy: this.#call(credentialId, provider, ids, whole),
    };
    void answer.busy.then((busy) => {
      if (busy === null) answer.askedAt -= settings.liveBusyCacheMs * (1 - REFUSED_SHARE);
    });
    this.#answers.set(key, [answer, ...answers].slice(0, KEPT_ANSWERS));
    return answer.busy;
  }

  async #call(
    credentialId: number,
    provider: string,
    calendarIds: string[],
    range: Interval,
  ): Promise<BusyInterval[] | null> {
    const { gateway, settings, log } = this.#deps;
    const late = Promise.withResolvers<null>();
    const timer = setTimeout(() => late.resolve(null), settings.liveBusyTimeoutMs);
    try {
      if (!gateway.capabilitiesOf(provider).freeBusy) return null;
      const asked = gateway
        .serviceFor(credentialId)
        .then((service) => service.getFreeBusy(calendarIds, range));
      asked.catch(() => undefined);
      const busy = await Promise.race([asked, late.promise]);
      if (busy === null) log.warn({ credentialId, provider }, "busy times were not answered in time");
      return busy;
    } catch (error) {
      const { code } = failureOf(error);
      log.warn(
        { credentialId, provider, code, ...(isCalendarError(error) ? {} : { err: error }) },
        "busy times could not be read",
      );
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
