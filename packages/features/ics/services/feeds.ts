import { createHash } from "node:crypto";
import { AppError, hashToken, randomToken } from "@calsync/lib";
import type { Interval } from "@calsync/types";
import { unknownFeed } from "../errors.ts";
import { type FeedRow, feedRepository } from "../repositories/FeedRepository.ts";
import { DEFAULT_ICS_SETTINGS, type IcsDependencies } from "./dependencies.ts";
import { exportSchedule, type SchedulePart } from "./export-schedule.ts";

/** A feed's text as it is now. */
export interface FeedContent {
  text: string;
  /** Quoted, for ETag and If-None-Match: the same schedule has the same one. */
  etag: string;
}

const DAY_MS = 86_400_000;
const BACK_DAYS = 30;
const AHEAD_DAYS = 365;
const REFRESH_INTERVAL = "PT1H";

/** Secret addresses under which calendars of others subscribe to a user's schedule. */
export class Feeds {
  readonly #deps: IcsDependencies;
  readonly #most: number;

  constructor(deps: IcsDependencies) {
    this.#deps = deps;
    this.#most = deps.settings?.maxFeeds ?? DEFAULT_ICS_SETTINGS.maxFeeds;
  }

  list(userId: number): Promise<FeedRow[]> {
    return feedRepository.findAll(this.#deps.prisma, userId);
  }

  /**
   * Makes a feed. @returns it with its address, which is told this once: only a hash of its secret is kept
   * @throws AppError conflict `too_many_feeds`
   */
  async create(
    userId: number,
    feed: { name: string; parts: readonly SchedulePart[]; details: boolean },
  ): Promise<{ feed: FeedRow; url: string }> {
    const { prisma, now, feedUrl } = this.#deps;
    if ((await feedRepository.findAll(prisma, userId)).length >= this.#most) {
      throw new AppError("conflict", "too_many_feeds", `You have ${this.#most} feeds, which is the most.`, {
        hint: "Withdraw one that is not used any more.",
      });
    }
    const token = randomToken();
    const row = await feedRepository.insert(prisma, userId, feed, hashToken(token), now());
    return { feed: row, url: feedUrl(token) };
  }

  /** Withdraws a feed's address for good. @throws AppError not-found `unknown_feed` */
  async revoke(userId: number, id: string): Promise<void> {
    const { prisma, now } = this.#deps;
    if (!(await feedRepository.revoke(prisma, userId, id, now()))) throw unknownFeed();
  }

  /** The schedule that a secret opens. @throws AppError not-found `unknown_feed` */
  async read(token: string): Promise<FeedContent> {
    const { prisma, now } = this.#deps;
    const feed = await feedRepository.readByToken(prisma, hashToken(token), now());
    if (!feed) throw unknownFeed();
    const pieces = await exportSchedule(this.#deps, feed.userId, {
      name: feed.name,
      range: feedRange(now()),
      parts: feed.parts,
      details: feed.details,
      refreshInterval: REFRESH_INTERVAL,
    });
    const text = [...pieces].join("");
    const hash = createHash("sha256").update(text).digest("base64url").slice(0, 27);
    return { text, etag: `"${hash}"` };
  }
}

/** From some weeks back to a year ahead, by whole days: within a day a feed changes with the schedule only. */
function feedRange(now: Date): Interval {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  return { start: new Date(today - BACK_DAYS * DAY_MS), end: new Date(today + AHEAD_DAYS * DAY_MS) };
}
