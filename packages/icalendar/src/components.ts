import { type ByteSource, type ContentLine, readContentLines } from "./content-lines.ts";

/** What is wrong with a file, and where; shown to the person who brought it. */
export interface IcsProblem {
  /** Where, counted from 1. */
  line: number;
  /** The property or component concerned, in upper case; null for the file as a whole. */
  property: string | null;
  /** A sentence that says what is wrong. */
  message: string;
  /** `error`: what it is about was left out. `warning`: it was read with the meaning that the message tells. */
  severity: "error" | "warning";
}

/** How much a file may hold. What goes beyond is reported, never read. */
export interface IcsLimits {
  /** Octets of the whole file. */
  maxFileOctets: number;
  /** Octets of one logical line. */
  maxLineOctets: number;
  /** Lines of one component with all that is nested in it. */
  maxComponentLines: number;
  /** The same in characters. */
  maxComponentCharacters: number;
  /** How deep components may nest, VCALENDAR counted. */
  maxDepth: number;
  /** Events in one file. */
  maxEvents: number;
}

/** Far above what calendars of people hold, and low enough to be read by anybody's server. */
export const DEFAULT_ICS_LIMITS: IcsLimits = {
  maxFileOctets: 50 * 1024 * 1024,
  maxLineOctets: 256 * 1024,
  maxComponentLines: 20_000,
  maxComponentCharacters: 4_000_000,
  maxDepth: 6,
  maxEvents: 100_000,
};

/** One component below VCALENDAR. Nested ones (VALARM) stand in `lines` with their BEGIN and END. */
export interface RawComponent {
  /** In upper case. */
  name: string;
  /** The lines between its BEGIN and its END. */
  lines: ContentLine[];
  /** The line of its BEGIN. */
  line: number;
  /** How much `lines` hold. */
  characters: number;
}

/** What a file holds, in its order, before events are made of it. */
export type RawItem =
  | { type: "property"; line: ContentLine }
  | { type: "component"; component: RawComponent }
  | { type: "problem"; problem: IcsProblem }
  /** A VCALENDAR has ended; a file may hold several. */
  | { type: "calendar-end" }
  /** Last. `complete` is false when the file breaks off, is empty, or holds no calendar: it is not to be believed. */
  | { type: "end"; complete: boolean };

/** The file is larger than allowed; nothing of it should be kept. */
export class IcsTooLargeError extends Error {
  readonly limit: number;
  constructor(limit: number) {
    super(
      `The file is larger than ${Math.floor(limit / 1024 / 1024)} MB; split it, or export a shorter range.`,
    );
    this.name = "IcsTooLargeError";
    this.limit = limit;
  }
}

/**
 * Reads a file component by component; memory is bounded by the largest component. Never throws for what a file says:
 * it gives problems instead and goes on.
 * @throws IcsTooLargeError when the file exceeds `limits.maxFileOctets`
 */
export async function* readComponents(source: ByteSource, limits: IcsLimits): AsyncGenerator<RawItem> {
  const stack: string[] = [];
  let current: RawComponent | null = null;
  let dropped = false;
  let calendars = 0;
  let lastLine = 1;
  for await (const content of readContentLines(limited(source, limits.maxFileOctets), limits.maxLineOctets)) {
    lastLine = content.line;
    if (content.truncated) {
      yield problem(
        content.line,
        nameOf(content.text),
        "The line is too long; its end was dropped.",
        "warning",
      );
    }
    const marker = /^(BEGIN|END):(.*)$/i.exec(content.text);
    if (!marker) {
      if (stack.length === 0) {
        yield problem(
          content.line,
          null,
          "Text outside of BEGIN:VCALENDAR and END:VCALENDAR was passed over.",
          "warning",
        );
      } else if (stack.length === 1) {
        yield { type: "property", line: content };
      } else if (current && !dropped) {
        current.lines.push(content);
        current.characters += content.text.length;
        const kind = current.lines.length > limits.maxComponentLines ? "has too many lines" : "is too large";
        dropped =
          current.lines.length > limits.maxComponentLines ||
          current.characters > limits.maxComponentCharacters;
        if (dropped) {
          current.lines = [];
          yield problem(current.line, current.name, `The component ${kind}; it was left out.`, "error");
        }
      }
      continue;
    }
    const name = (marker[2] ?? "").trim().toUpperCase();
    if (marker[1]?.toUpperCase() === "BEGIN") {
      if (stack.length === 0 && name !== "VCALENDAR") {
        yield problem(
          content.line,
          name,
          "A component stands outside of a calendar; it was passed over.",
          "error",
        );
        continue;
      }
      stack.push(name);
      if (stack.length === 2) {
        current = { name, lines: [], line: content.line, characters: 0 };
        dropped = false;
      } else if (current) {
        if (stack.length > limits.maxDepth && !dropped) {
          dropped = true;
          yield problem(content.line, current.name, "Components nest too deeply; it was left out.", "error");
        }
        if (!dropped) current.lines.push(content);
      }
      if (stack.length > 1_000) {
        yield problem(content.line, name, "Components nest without an end; the rest was not read.", "error");
        break;
      }
      continue;
    }
    const at = stack.lastIndexOf(name);
    if (at < 0) {
      yield problem(content.line, name, "An END without its BEGIN was passed over.", "warning");
      continue;
    }
    if (at < stack.length - 1) {
      yield problem(
        content.line,
        stack.at(-1) ?? name,
        "The component has no END; it was closed here.",
        "warning",
      );
    }
    stack.length = at;
    if (at > 1 && current && !dropped) current.lines.push(content);
    if (at <= 1 && current) {
      if (!dropped) yield { type: "component", component: current };
      current = null;
    }
    if (at === 0) {
      calendars += 1;
      yield { type: "calendar-end" };
    }
  }
  if (stack.length > 0) {
    yield problem(lastLine, stack.at(-1) ?? null, "The file breaks off: END:VCALENDAR is missing.", "error");
  } else if (calendars === 0) {
    yield problem(1, null, "This is not an iCalendar file: it holds no BEGIN:VCALENDAR.", "error");
  }
  yield { type: "end", complete: stack.length === 0 && calendars > 0 };
}

async function* limited(source: ByteSource, maxOctets: number): AsyncGenerator<Uint8Array> {
  let octets = 0;
  for await (const chunk of source) {
    octets += chunk.length;
    if (octets > maxOctets) throw new IcsTooLargeError(maxOctets);
    yield chunk;
  }
}

/** The property's name of a content line, in upper case. */
export function nameOf(text: string): string {
  return (/^[^:;]{0,64}/.exec(text)?.[0] ?? "").trim().toUpperCase();
}

function problem(
  line: number,
  property: string | null,
  message: string,
  severity: IcsProblem["severity"],
): RawItem {
  return { type: "problem", problem: { line, property, message, severity } };
}
