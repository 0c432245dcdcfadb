import ICAL from "ical.js";
import { Temporal } from "temporal-polyfill";
import { findIana } from "windows-iana";
import type { RawComponent } from "./components.ts";

/**
 * Turns a TZID into an IANA zone, which is what everything above works in. The order (RFC 5545 §3.2.19 leaves it open):
 * an IANA name, a Windows name, an IANA name at the end of a path (`/freeassociation.sourceforge.net/Europe/Oslo`), and
 * last the rules of the embedded VTIMEZONE, for which a zone with the same offsets is looked for.
 */
export class ZoneBook {
  readonly #embedded = new Map<string, EmbeddedZone>();
  readonly #resolved = new Map<string, string | null>();

  /** Takes in a VTIMEZONE of the file. One that cannot be read counts as absent. */
  add(component: RawComponent): void {
    const zone = this.#embedded.size < MAX_EMBEDDED ? readEmbedded(component) : null;
    if (!zone) return;
    this.#embedded.set(zone.tzid, zone);
    this.#resolved.delete(zone.tzid);
  }

  /** The IANA zone of a TZID; null when neither its name nor the file tells which one it is. */
  resolve(tzid: string): string | null {
    const known = this.#resolved.get(tzid);
    if (known !== undefined) return known;
    const found = zoneByName(tzid) ?? this.#embedded.get(tzid)?.match() ?? null;
    if (this.#resolved.size < MAX_RESOLVED) this.#resolved.set(tzid, found);
    return found;
  }

  /** Whether the file describes this zone itself. */
  describes(tzid: string): boolean {
    return this.#embedded.has(tzid);
  }
}

/** The IANA zone that a name stands for: itself, a Windows name, or the end of a path. Null for any other. */
export function zoneByName(name: string): string | null {
  const trimmed = name.trim().replace(/^"|"$/g, "");
  const direct = canonicalZone(trimmed);
  if (direct) return direct;
  const [windows] = findIana(trimmed);
  if (windows) return windows;
  const parts = trimmed.split("/").filter((part) => part !== "");
  for (const length of [3, 2]) {
    const tail = parts.length >= length ? canonicalZone(parts.slice(-length).join("/")) : null;
    if (tail) return tail;
  }
  return null;
}

/** The name as this machine's zone data spells it; null when it does not know it. Offsets (`+02:00`) are no names. */
function canonicalZone(name: string): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return null;
  const cached = NAMES.get(name);
  if (cached !== undefined) return cached;
  let found: string | null = null;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    found = /^(utc|gmt|etc\/(utc|gmt|zulu|universal)|z)$/i.test(name) ? "UTC" : spelled(name);
  } catch {
    // Not a zone that this machine knows.
  }
  if (NAMES.size < 5_000) NAMES.set(name, found);
  return found;
}

const NAMES = new Map<string, string | null>();
const SPELLINGS = new Map(Intl.supportedValuesOf("timeZone").map((zone) => [zone.toLowerCase(), zone]));
const spelled = (name: string): string => SPELLINGS.get(name.toLowerCase()) ?? name;

/** When a zone's clock says something else than before: from this local second on, this many seconds east of UTC. */
interface Observance {
  /** Local wall time at which it begins, as milliseconds of a UTC clock showing that time. */
  onsets: number[];
  offsetFrom: number;
  offsetTo: number;
}

/** The years in which an embedded zone is compared; rules of one zone differ by then or never within our reach. */
const COMPARED_FROM = Date.UTC(2024, 0, 1);
const COMPARED_MONTHS = 60;
const FIRST_YEAR = 2022;

/** A VTIMEZONE (RFC 5545 §3.6.5), reduced to its offsets over time. */
class EmbeddedZone {
  readonly tzid: string;
  readonly #observances: readonly Observance[];
  readonly #hint: string | null;

  constructor(tzid: string, observances: readonly Observance[], hint: string | null) {
    this.tzid = tzid;
    this.#observances = observances;
    this.#hint = hint;
  }

  /** An IANA zone that has had the same offset on every day compared; null when there is none. */
  match(): string | null {
    const hinted = this.#hint ? zoneByName(this.#hint) : null;
    if (hinted) return hinted;
    const wanted = SAMPLES.map((sample) => this.#offsetAt(sample));
    // Most zones part from each other at the first sample or the second.
    const same = (zone: string) => SAMPLES.every((sample, index) => offsetIn(zone, sample) === wanted[index]);
    return CANDIDATES.find(same) ?? null;
  }

  #offsetAt(instant: number): number {
    let best: { onset: number; offset: number } | null = null;
    let earliest: { onset: number; offset: number } | null = null;
    for (const { onsets, offsetFrom, offsetTo } of this.#observances) {
      for (const local of onsets) {
        const onset = local - offsetFrom * 1_000;
        if (onset <= instant && (!best || onset > best.onset)) best = { onset, offset: offsetTo };
        if (!earliest || onset < earliest.onset) earliest = { onset, offset: offsetFrom };
      }
    }
    return (best ?? earliest)?.offset ?? 0;
  }
}

/**
 * Noon of every fifth day: two zones whose changes of clock differ by less are told apart by nobody's appointments. A day
 * in January and one in July come first, because they part most zones.
 */
const SAMPLES = [
  Date.UTC(2026, 0, 15, 12),
  Date.UTC(2026, 6, 15, 12),
  ...Array.from({ length: COMPARED_MONTHS * 6 }, (_, at) => COMPARED_FROM + at * 5 * 86_400_000 + 43_200_000),
];

const offsetIn = (zone: string, instant: number): number =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1e9;

/** Zones that many people live in, so that a nameless set of rules gets a name that they know. */
const PREFERRED = [
  "America/New_York",
  "America/Chicago",
  "America/Denver",
  "America/Los_Angeles",
  "America/Sao_Paulo",
  "Europe/London",
  "Europe/Berlin",
  "Europe/Athens",
  "Europe/Moscow",
  "Asia/Kolkata",
  "Asia/Shanghai",
  "Asia/Tokyo",
  "Australia/Sydney",
  "Pacific/Auckland",
];
const CANDIDATES = [...new Set(["UTC", ...PREFERRED, ...Intl.supportedValuesOf("timeZone")])];

function readEmbedded(component: RawComponent): EmbeddedZone | null {
  try {
    const text = ["BEGIN:VTIMEZONE", ...component.lines.map(({ text }) => text), "END:VTIMEZONE"].join(
      "\r\n",
    );
    const parsed = new ICAL.Component(ICAL.parse(text) as ConstructorParameters<typeof ICAL.Component>[0]);
    const tzid = parsed.getFirstPropertyValue("tzid");
    if (typeof tzid !== "string" || tzid === "") return null;
    const observances = parsed
      .getAllSubcomponents()
      .slice(0, MAX_OBSERVANCES)
      .flatMap((part) =>
        part.name === "standard" || part.name === "daylight" ? [readObservance(part)] : [],
      );
    const hint = parsed.getFirstPropertyValue("x-lic-location");
    return observances.length === 0
      ? null
      : new EmbeddedZone(tzid, observances, typeof hint === "string" ? hint : null);
  } catch {
    return null;
  }
}

/** Most onsets of one observance that are looked at. A rule per year gives one each. */
const MAX_ONSETS = 100;
/** Most onsets that one observance lists, and most observances of one zone. Whole histories of a zone have some 200. */
const MAX_DATES = 500;
const MAX_OBSERVANCES = 500;
/** Most names of zones that are remembered with what they came to. */
const MAX_RESOLVED = 5_000;
/** Most zones that one file may describe; the rest count as absent. */
const MAX_EMBEDDED = 200;

function readObservance(part: ICAL.Component): Observance {
  const start = part.getFirstPropertyValue("dtstart");
  if (!(start instanceof ICAL.Time)) throw new Error("An observance has no DTSTART.");
  const end = COMPARED_FROM + COMPARED_MONTHS * 31 * 86_400_000;
  const onsets = [localMs(start)];
  for (const date of part.getAllProperties("rdate").flatMap((property) => property.getValues())) {
    if (date instanceof ICAL.Time && onsets.length < MAX_DATES) onsets.push(localMs(date));
  }
  const rule = part.getFirstPropertyValue("rrule");
  if (rule instanceof ICAL.Recur && rule.freq === "YEARLY") {
    // Outlook lets its rules begin in 1601; what happened before the years compared is of no interest.
    const from = start.clone();
    if (rule.interval === 1 && !rule.count) from.year = Math.max(from.year, FIRST_YEAR);
    const dates = rule.iterator(from);
    for (let count = 0; count < MAX_ONSETS; count++) {
      const next = dates.next();
      if (!next || localMs(next) > end) break;
      onsets.push(localMs(next));
    }
  }
  return {
    onsets,
    offsetFrom: offsetOf(part.getFirstPropertyValue("tzoffsetfrom")),
    offsetTo: offsetOf(part.getFirstPropertyValue("tzoffsetto")),
  };
}

const localMs = (time: ICAL.Time): number =>
  Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second);

function offsetOf(value: unknown): number {
  if (!(value instanceof ICAL.UtcOffset)) throw new Error("An observance has no offset.");
  return value.toSeconds();
}
