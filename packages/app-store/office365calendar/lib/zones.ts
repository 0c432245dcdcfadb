import { zoneByName } from "@calsync/icalendar";
import { findIana, findWindows } from "windows-iana";

/** Names that the mapping gives in an old spelling, as the IANA database spells them today (its file `backward`). */
const TODAY: Readonly<Record<string, string>> = {
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Etc/UTC": "UTC",
};

/**
 * The IANA zone that a name of Graph's stands for: a Windows zone, as Outlook writes them, or an IANA name, as other clients
 * do. Several zones share one Windows name; the one that Unicode CLDR gives for the whole of it is taken. Null for a custom
 * zone (`tzone://Microsoft/Custom`) and any other name.
 */
export function fromGraphZone(name: string | null | undefined): string | null {
  if (!name || name.startsWith("tzone:")) return null;
  const found = findIana(name)[0] ?? zoneByName(name);
  return found ? (TODAY[found] ?? found) : null;
}

/**
 * The name under which Graph is told a zone: the Windows one, which every version of Exchange knows; an IANA zone without one is
 * given as it is.
 */
export function toGraphZone(zone: string): string {
  return findWindows(zone)[0] ?? zone;
}

/** Whether two zones are one and the same to Graph. */
export function isSameGraphZone(a: string, b: string): boolean {
  return a === b || toGraphZone(a) === toGraphZone(b);
}
