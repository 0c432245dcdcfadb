"use client";

import { buttonClass, Card } from "@calsync/ui";
import { useState } from "react";
import { ScheduleFields, USUAL_WISH } from "./ScheduleFields.tsx";

/** The host's schedule as a file. */
export function DownloadSchedule() {
  const [wish, setWish] = useState(USUAL_WISH);
  const query = new URLSearchParams({ parts: wish.parts.join(","), details: String(wish.details) });
  return (
    <Card aria-labelledby="download-heading">
      <h2 id="download-heading" className="text-lg font-semibold">
        Download your schedule
      </h2>
      <p className="mt-1 mb-4 text-muted">From a month ago to a year ahead, as a calendar file (.ics).</p>
      <ScheduleFields value={wish} onChange={setWish} />
      <p className="mt-5">
        {wish.parts.length > 0 ? (
          <a className={buttonClass()} href={`/api/v1/calendar.ics?${query}`} download="calsync.ics">
            Download
          </a>
        ) : (
          <span className="text-muted">Choose what it is to hold.</span>
        )}
      </p>
    </Card>
  );
}
