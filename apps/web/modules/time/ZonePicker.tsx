"use client";

import { SelectField } from "@calsync/ui";
import { useMemo } from "react";
import { nameZone } from "./format.ts";

/** Chooses the zone in which times are shown. `at` is the instant whose offset the chosen zone is labelled with. */
export function ZonePicker({
  value,
  at,
  onChange,
}: {
  value: string;
  at: string;
  onChange: (timeZone: string) => void;
}) {
  const regions = useMemo(() => groupZones(value), [value]);
  return (
    <SelectField label="Time zone" value={value} onChange={(event) => onChange(event.target.value)}>
      {regions.map(([region, zones]) => (
        <optgroup key={region} label={region}>
          {zones.map((zone) => (
            <option key={zone} value={zone}>
              {zone === value ? nameZone(at, zone) : zone.replaceAll("_", " ")}
            </option>
          ))}
        </optgroup>
      ))}
    </SelectField>
  );
}

/** All zones that this browser knows by the part before the slash. `current` is among them even when it is an older name. */
function groupZones(current: string): [string, string[]][] {
  const zones = new Set([...Intl.supportedValuesOf("timeZone"), current, "UTC"]);
  const regions = new Map<string, string[]>();
  for (const zone of [...zones].sort()) {
    const region = zone.includes("/") ? (zone.split("/")[0] ?? zone) : "Universal";
    const found = regions.get(region);
    if (found) found.push(zone);
    else regions.set(region, [zone]);
  }
  return [...regions];
}
