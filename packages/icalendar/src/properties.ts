import ICAL from "ical.js";
import { type IcsProblem, nameOf, type RawComponent } from "./components.ts";
import type { ContentLine } from "./content-lines.ts";

/** One property of a component. */
export interface IcsProperty {
  /** In upper case. */
  name: string;
  /** The value as the file has it, after its colon. */
  raw: string;
  /** The value of a TEXT property, unescaped; for others the same as `raw`. */
  text: string;
  line: number;
  /** A parameter's value without quotes and with RFC 6868 undone; the first of several. */
  parameter(name: string): string | null;
}

const PROBLEM = "The line cannot be read; it was passed over.";

/** The properties of a component by name, in order; those of nested components (alarms) are left out. */
export function readProperties(component: RawComponent, problems: IcsProblem[]): Map<string, IcsProperty[]> {
  const found = new Map<string, IcsProperty[]>();
  let depth = 0;
  for (const line of component.lines) {
    if (/^BEGIN:/i.test(line.text)) depth += 1;
    else if (/^END:/i.test(line.text)) depth -= 1;
    else if (depth === 0) {
      const property = readProperty(line);
      if (!property) {
        problems.push({
          line: line.line,
          property: nameOf(line.text) || null,
          message: PROBLEM,
          severity: "warning",
        });
        continue;
      }
      const before = found.get(property.name);
      if (before) before.push(property);
      else found.set(property.name, [property]);
    }
  }
  return found;
}

/**
 * Reads one content line. Dates and rules are left as text for their own readers, which say more of what is wrong than
 * a parser that gives up; everything else goes through ical.js, which knows the quoting of parameters and of text.
 */
export function readProperty({ text, line }: ContentLine): IcsProperty | null {
  const head = splitHead(text);
  if (!head) return null;
  const { name, parameters, raw } = head;
  let given: Record<string, string> | null = null;
  const parameter = (wanted: string): string | null => {
    given ??= readParameters(name, parameters);
    return given[wanted.toLowerCase()] ?? null;
  };
  return { name, raw, text: TEXTS.has(name) ? unescapeText(raw) : raw, line, parameter };
}

/** The properties of VEVENT and VCALENDAR whose type is TEXT (RFC 5545 §3.8, RFC 7986 §5). */
const TEXTS = new Set([
  "SUMMARY",
  "DESCRIPTION",
  "LOCATION",
  "UID",
  "STATUS",
  "TRANSP",
  "CLASS",
  "COMMENT",
  "CONTACT",
  "NAME",
  "X-WR-CALNAME",
  "X-WR-TIMEZONE",
  "METHOD",
]);

/** Backslashes of TEXT (RFC 5545 §3.3.11). An unknown escape keeps its character. */
function unescapeText(raw: string): string {
  return raw.includes("\\")
    ? raw.replace(/\\([\s\S])/g, (_, c: string) => (c === "n" || c === "N" ? "\n" : c))
    : raw;
}

/** Cuts a line at the first colon that stands outside of quotes. */
function splitHead(text: string): { name: string; parameters: string; raw: string } | null {
  let quoted = false;
  let nameEnd = -1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === ";" && nameEnd < 0) nameEnd = at;
    else if (character === ":") {
      const name = text
        .slice(0, nameEnd < 0 ? at : nameEnd)
        .trim()
        .toUpperCase();
      if (!/^[A-Z0-9-]+$/.test(name)) return null;
      return { name, parameters: nameEnd < 0 ? "" : text.slice(nameEnd, at), raw: text.slice(at + 1) };
    }
  }
  return null;
}

function readParameters(name: string, parameters: string): Record<string, string> {
  if (parameters === "") return {};
  try {
    // The value does not matter here, and `X-` keeps ical.js from reading it as a date.
    const [, given] = ICAL.parse.property(`X-${name}${parameters}:`) as unknown as [
      string,
      Record<string, unknown>,
    ];
    return Object.fromEntries(
      Object.entries(given).flatMap(([key, value]) => {
        const first = Array.isArray(value) ? value[0] : value;
        return typeof first === "string" ? [[key.toLowerCase(), first]] : [];
      }),
    );
  } catch {
    return {};
  }
}
