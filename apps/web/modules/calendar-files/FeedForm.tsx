"use client";

import { Alert, Button, TextField } from "@calsync/ui";
import { type FormEvent, useState } from "react";
import { callApi } from "../api/browser.ts";
import { useAction } from "../api/use-action.ts";
import { ScheduleFields, USUAL_WISH } from "./ScheduleFields.tsx";

/** Makes a feed; `onMade` gets its address, which is told once. */
export function FeedForm({ onMade, onClose }: { onMade: (url: string) => void; onClose: () => void }) {
  const { busy, problem, run } = useAction();
  const [wish, setWish] = useState(USUAL_WISH);
  const make = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    void run("make", async () => {
      const { url } = await callApi<{ url: string }>("/v1/calendar-feeds", {
        method: "POST",
        body: { name, ...wish },
      });
      onMade(url);
    });
  };
  return (
    <form onSubmit={make} className="grid gap-5">
      {problem ? (
        <Alert tone="bad" role="alert" title="It was not made">
          {problem}
        </Alert>
      ) : null}
      <TextField
        label="Name"
        name="name"
        required
        maxLength={100}
        defaultValue="calsync"
        hint="Calendar apps show it as the calendar's name."
      />
      <ScheduleFields value={wish} onChange={setWish} />
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onClose} disabled={busy !== null}>
          Close without saving
        </Button>
        <Button kind="primary" type="submit" busy={busy !== null} disabled={wish.parts.length === 0}>
          Create feed
        </Button>
      </div>
    </form>
  );
}
