import type { Reader } from "../events/view.ts";
import { ianaZone } from "../zones.ts";

/** What the `Prefer` header of one request asks for. */
export interface Preferences {
  reader: Reader;
  maxPageSize: number | null;
  /** For the answer's `Preference-Applied`; empty when nothing was asked for. */
  applied: string;
}

/** Reads a `Prefer` header; unknown preferences are ignored. @throws GraphApiError 400 for an unknown zone */
export function readPreferences(header: string | undefined): Preferences {
  const reader: Reader = { timeZone: "UTC", immutableIds: false, textBodies: false };
  let maxPageSize: number | null = null;
  const applied: string[] = [];
  for (const [, name, value] of (header ?? "").matchAll(/([\w.-]+)\s*=\s*("[^"]*"|[^,;\s]+)/g)) {
    const given = (value ?? "").replaceAll('"', "");
    switch ((name ?? "").toLowerCase()) {
      case "outlook.timezone":
        ianaZone(given);
        reader.timeZone = given;
        break;
      case "outlook.body-content-type":
        reader.textBodies = given.toLowerCase() === "text";
        break;
      case "idtype":
        reader.immutableIds = given.toLowerCase() === "immutableid";
        break;
      case "odata.maxpagesize":
        if (/^\d+$/.test(given) && Number(given) > 0) maxPageSize = Math.min(Number(given), 1000);
        break;
      default:
        continue;
    }
    applied.push(`${name}=${value}`);
  }
  return { reader, maxPageSize, applied: applied.join(", ") };
}
