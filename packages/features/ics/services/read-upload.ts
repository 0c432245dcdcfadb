import {
  type ByteSource,
  type IcsProblem,
  IcsTooLargeError,
  latestVersions,
  readCalendar,
} from "@calsync/icalendar";
import type { PrismaClient } from "@calsync/prisma";
import { unusableFile } from "../errors.ts";
import { importedEventRepository } from "../repositories/ImportedEventRepository.ts";
import type { ReadResult } from "../repositories/ImportRepository.ts";
import type { IcsSettings } from "./dependencies.ts";
import { type EventRow, toEventRow } from "./event-row.ts";
import type { WorkSlices } from "./work-slices.ts";

/** Events that are stored with one statement, by number and by size. */
const BATCH_EVENTS = 500;
const BATCH_CHARACTERS = 1_000_000;
/** Problems that are kept; the rest is counted. */
const KEPT_PROBLEMS = 200;
/** Methods whose files we understand (RFC 5546 §1.4); null is a plain file. */
const METHODS: readonly (string | null)[] = [null, "PUBLISH", "REQUEST", "CANCEL", "REPLY"];

/**
 * Reads an uploaded file and stores its events with the import, a batch at a time: memory is bounded whatever the size.
 * @throws AppError invalid `ics_unusable` for a file of which nothing can be kept, `ics_too_complex`
 */
export async function readUpload(
  prisma: PrismaClient,
  target: { userId: number; importId: string; timeZone: string; own: ReadonlySet<string> },
  source: ByteSource,
  settings: IcsSettings,
  slices: WorkSlices,
): Promise<ReadResult> {
  const problems: IcsProblem[] = [];
  const result: ReadResult = {
    calendarName: null,
    method: null,
    octets: 0,
    events: 0,
    errors: 0,
    warnings: 0,
    otherComponents: 0,
    problems,
  };
  let batch: EventRow[] = [];
  let characters = 0;
  let complete = false;
  const store = async () => {
    const rows = latestOf(batch);
    batch = [];
    characters = 0;
    await slices.waitFor(importedEventRepository.add(prisma, target.userId, target.importId, rows));
  };
  const counted = countOctets(source, result, slices);
  const options = {
    floatingZone: target.timeZone,
    limits: { maxFileOctets: settings.maxFileOctets, maxEvents: settings.maxEvents },
  };
  try {
    for await (const item of readCalendar(counted, options)) {
      if (item.type === "problem") {
        result[item.problem.severity === "error" ? "errors" : "warnings"] += 1;
        if (problems.length < KEPT_PROBLEMS) problems.push(cleanProblem(item.problem));
      } else if (item.type === "event") {
        const row = toEventRow(item.event, item.method, target.own);
        batch.push(row);
        characters += row.snapshot.description.length + row.snapshot.attendees.length * 100 + 500;
        if (batch.length >= BATCH_EVENTS || characters >= BATCH_CHARACTERS) await store();
      } else {
        if (item.tooMany) {
          throw unusableFile(
            `The file holds more than ${settings.maxEvents} events.`,
            "Export a shorter range, or split the file.",
          );
        }
        complete = item.complete;
        result.events = item.events;
        result.otherComponents = item.otherComponents;
        result.calendarName =
          item.calendar.name?.replaceAll("\u0000", "").slice(0, 200).toWellFormed() ?? null;
        result.method = item.calendar.method;
      }
      await slices.pause();
    }
  } catch (error) {
    if (!(error instanceof IcsTooLargeError)) throw error;
    throw unusableFile(error.message, "Nothing of it was imported.");
  }
  await store();
  requireUsable(result, complete);
  return result;
}

function requireUsable({ problems, events, method }: ReadResult, complete: boolean): void {
  if (!complete) {
    const shown = problems.filter(({ severity }) => severity === "error").slice(-5);
    throw unusableFile(
      "The file cannot be imported: it is no iCalendar file, or not a whole one.",
      "Export it again from the calendar that it comes from, in iCalendar format (.ics).",
      shown,
    );
  }
  if (!METHODS.includes(method)) {
    throw unusableFile(
      `Messages with the method ${method?.slice(0, 30)} are not understood.`,
      "Upload an invitation (REQUEST), a cancellation (CANCEL), an answer (REPLY) or a plain calendar file.",
    );
  }
  if (events === 0) {
    throw unusableFile(
      "The file holds no events that could be read.",
      "Check that it is the file that you meant; tasks and journals are not imported.",
      problems.slice(0, 5),
    );
  }
}

async function* countOctets(
  source: ByteSource,
  result: ReadResult,
  slices: WorkSlices,
): AsyncGenerator<Uint8Array> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  try {
    for (;;) {
      // Lines that come to nothing give no item to pause at.
      await slices.pause();
      const next = await slices.waitFor(Promise.resolve(iterator.next()));
      if (next.done) return;
      result.octets += next.value.length;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** One statement takes each key once: of several versions the one that counts. */
function latestOf(rows: readonly EventRow[]): EventRow[] {
  const kept = new Map(rows.map((row) => [row.snapshot, row]));
  return latestVersions(rows.map(({ snapshot }) => snapshot)).flatMap((event) => kept.get(event) ?? []);
}

function cleanProblem(problem: IcsProblem): IcsProblem {
  const clean = (text: string, length: number) =>
    text.replaceAll("\u0000", "").slice(0, length).toWellFormed();
  return {
    ...problem,
    property: problem.property === null ? null : clean(problem.property, 60),
    message: clean(problem.message, 300),
  };
}
