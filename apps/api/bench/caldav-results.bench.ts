import { performance } from "node:perf_hooks";
import type { CaldavReader } from "./caldav-clients.bench.ts";
import { ADAPTER, DOWNLOAD, VDIRSYNCER } from "./caldav-clients.bench.ts";
import type { CaldavServerProcess } from "./caldav-server.bench.ts";
import type { Figure } from "./group.bench.ts";
import { median } from "./statistics.bench.ts";

/** Our product as a whole: the API, a worker, the database. */
export const OURS = "calsync";

/** What is measured of each way to keep a calendar, in this order. */
const STEPS = ["first", "nothing", "changes", "writes"] as const;
export type CaldavStep = (typeof STEPS)[number];

const LABELS: Record<CaldavStep, string> = {
  first: "1,000 events arrive",
  nothing: "nothing changed",
  changes: "ten changed",
  writes: "1,000 are written",
};

/** What one step took, run by run, and what it asked of the server in the last one. */
interface Measured {
  runs: Map<number, number[]>;
  requests: number;
}

/** What was measured of each way to keep a calendar, step by step. */
export class CaldavResults {
  readonly #server: CaldavServerProcess;
  readonly #all = new Map<string, Map<CaldavStep, Measured>>();
  readonly #last = new Map<string, number>();
  /** The run that is measured; the first one, 0, only warms up. */
  run = 0;

  constructor(server: CaldavServerProcess) {
    this.#server = server;
  }

  /** @param work gives the milliseconds that it took */
  async measure(name: string, step: CaldavStep, work: () => Promise<number>): Promise<void> {
    await this.#server.requests();
    const ms = await work();
    // Choosing a calendar looks at the account first, which is no part of a pull.
    const requests = (await this.#server.requests()).filter(
      (one) => name !== OURS || /^(REPORT|PUT|GET) /.test(one),
    ).length;
    this.#last.set(`${name}, ${step}`, ms);
    if (this.run === 0) return;
    const steps = this.#all.get(name) ?? new Map<CaldavStep, Measured>();
    this.#all.set(name, steps);
    const runs = steps.get(step)?.runs ?? new Map<number, number[]>();
    runs.set(this.run, [...(runs.get(this.run) ?? []), ms]);
    steps.set(step, { runs, requests });
  }

  /** @param expected how many events the reader must have seen by then */
  async read(reader: CaldavReader, step: CaldavStep, expected = 0): Promise<void> {
    await this.measure(reader.name, step, async () => {
      const begun = performance.now();
      const events = await reader.read();
      const ms = performance.now() - begun;
      if (events < expected) throw new Error(`${reader.name} has ${events} events and not ${expected}.`);
      return ms;
    });
  }

  /** What the run has taken so far, for people. */
  lastRun(): string {
    const text = [...this.#last].map(([what, ms]) => `${what} ${Math.round(ms)} ms`).join("; ");
    this.#last.clear();
    return text;
  }

  ownFigures(): Figure[] {
    const requests = (step: CaldavStep) => this.#of(OURS, step)?.requests ?? 0;
    return [
      {
        key: "caldav.noopRequests",
        label: "CalDAV: requests when nothing changed",
        value: requests("nothing"),
        unit: "",
        note: "for one calendar",
      },
      {
        key: "caldav.noopMs",
        label: "CalDAV: a poll that finds nothing",
        value: this.#seconds(OURS, "nothing") * 1_000,
        unit: "ms",
        note: `a calendar of 1,000, asked for and finished; median of all`,
      },
      {
        key: "caldav.pull1000Seconds",
        label: "CalDAV: 1,000 events arrive",
        value: this.#seconds(OURS, "first"),
        unit: "s",
        note: `from the choice of the calendar to the mirror, ${requests("first")} requests; median`,
      },
      {
        key: "caldav.push1000Seconds",
        label: "CalDAV: 1,000 bookings are written",
        value: this.#seconds(OURS, "writes"),
        unit: "s",
        note: `from their commit to the last answer stored, ${requests("writes")} requests; median`,
      },
    ];
  }

  /**
   * Each way with its seconds and requests, and the ratios of ours to theirs: below one we are ahead. Ratios are taken within each run,
   * as a machine may be busier in one run than in the next, and their median is told.
   */
  comparison(version: string | null): Figure[] {
    const figures = STEPS.flatMap((step) =>
      [...this.#all.keys()].flatMap((name): Figure[] => {
        const measured = this.#of(name, step);
        if (!measured) return [];
        const { requests } = measured;
        return [
          {
            label: `  ${LABELS[step]}: ${name}${name === VDIRSYNCER ? ` ${version}` : ""}`,
            value: this.#seconds(name, step),
            unit: "s",
            note: `${requests} ${requests === 1 ? "request" : "requests"}`,
          },
        ];
      }),
    );
    const ratio = (key: string, step: CaldavStep, ours: string, theirs: string): Figure[] => {
      if (!this.#of(theirs, step)) return [];
      return [
        {
          key: `caldav.${key}`,
          label: `CalDAV: ${LABELS[step]}, ${ours} ÷ ${theirs}`,
          value: median(this.#ratios(step, ours, theirs)),
          unit: "",
          note: "below 1 we are ahead",
        },
      ];
    };
    return [
      ...figures,
      ...ratio("noopVsVdirsyncer", "nothing", OURS, VDIRSYNCER),
      ...ratio("pull1000VsVdirsyncer", "first", OURS, VDIRSYNCER),
      ...ratio("pull10VsVdirsyncer", "changes", OURS, VDIRSYNCER),
      ...ratio("push1000VsVdirsyncer", "writes", OURS, VDIRSYNCER),
      ...ratio("noopVsDownload", "nothing", OURS, DOWNLOAD),
      ...ratio("pull1000VsDownload", "first", ADAPTER, DOWNLOAD),
      ...ratio("pull10VsDownload", "changes", OURS, DOWNLOAD),
    ];
  }

  #of(name: string, step: CaldavStep): Measured | undefined {
    return this.#all.get(name)?.get(step);
  }

  #seconds(name: string, step: CaldavStep): number {
    return median([...(this.#of(name, step)?.runs.values() ?? [])].flat()) / 1_000;
  }

  #ratios(step: CaldavStep, ours: string, theirs: string): number[] {
    const others = this.#of(theirs, step)?.runs;
    return [...(this.#of(ours, step)?.runs ?? [])].flatMap(([run, ms]) => {
      const other = others?.get(run);
      return other ? [median(ms) / median(other)] : [];
    });
  }
}
