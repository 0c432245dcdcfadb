import type { TestDatabase } from "@calsync/testing";
import type { ExternalEvent } from "@calsync/types";
import { type Host, SyncHarness } from "./harness.ts";

/** A host whose guests book weekly series, and words for what stands where. */
export class SeriesStory {
  readonly world: SyncHarness;
  host!: Host;

  constructor(database: TestDatabase) {
    this.world = new SyncHarness(database);
  }

  /** The story at its beginning: Monday 7 January 2030, 8:00. */
  static async begin(database: TestDatabase): Promise<SeriesStory> {
    const story = new SeriesStory(database);
    const { world } = story;
    story.host = await world.host();
    await world.allowSeries();
    await world.tick();
    return story;
  }

  /** Books `count` weekly occurrences from Tuesday 8 January 2030, 10:00 on. @returns their uids in order */
  async bookSeries(count?: number, start?: string): Promise<string[]> {
    return (await this.bookWithTokens(count, start)).map(({ uid }) => uid);
  }

  /** As {@link bookSeries}, with what their guest holds. */
  async bookWithTokens(count = 4, start?: string): Promise<{ uid: string; guestToken: string }[]> {
    const booked = await this.world.bookSeriesWithTokens(this.host, { count, start });
    await this.world.settle();
    return booked;
  }

  /** The recurring event in the calendar, of which there is one. */
  master(): ExternalEvent {
    const found = this.world.liveEvents(this.host.calendarId).filter((event) => event.recurrence !== null);
    if (found.length !== 1 || !found[0]) throw new Error(`${found.length} series in the calendar`);
    return found[0];
  }

  /** The instance of a recurring event at this original start, as the calendar has it. */
  instanceAt(seriesId: string, originalStart: string): ExternalEvent | undefined {
    const { server } = this.world;
    const { calendarId } = this.host;
    const ref = { calendarId, eventId: seriesId, seriesId, originalStart };
    return server.locate(server.calendar(calendarId), ref)?.event;
  }

  /** When bookings are, as `01-08T10:00`; of one that does not stand, its status. */
  startsOf(uids: readonly string[]): Promise<string[]> {
    return Promise.all(
      uids.map(async (uid) => {
        const { status, startTime } = await this.world.booking(uid);
        return status === "ACCEPTED" ? startTime.toISOString().slice(5, 16) : status.toLowerCase();
      }),
    );
  }

  /** Why the event of the series was written, each reason once, the first write first. */
  async writeReasons(): Promise<string[]> {
    const written = await this.world.prisma.changeRecord.findMany({
      where: { reason: { in: ["series-created", "series-updated", "series-event-deleted"] } },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
    });
    return [...new Set(written.map(({ reason }) => reason))];
  }
}
