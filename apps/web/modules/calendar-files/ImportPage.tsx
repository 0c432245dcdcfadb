"use client";

import { Alert, Badge, Button, Card } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { callApi } from "../api/browser.ts";
import type { CalendarImportDetails } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { ImportPreview } from "./ImportPreview.tsx";
import { describeEvents, describeResult, lookOfImport, nameOfImport, SET_ASIDE } from "./import-words.ts";
import { Problems } from "./Problems.tsx";

/** One file: what is wrong with it, what it would do or has done, and what can be done about it. */
export function ImportPage({ found, timeZone }: { found: CalendarImportDetails; timeZone: string }) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const [asking, setAsking] = useState(false);
  const look = lookOfImport(found);
  const path = `/v1/imports/${found.id}` as const;
  const apply = (choice: { freeEvents: "ignore" | "availability"; leaveOut: boolean }) =>
    run("apply", async () => {
      await callApi(`${path}/apply`, { method: "POST", body: choice });
      router.refresh();
    });
  const discard = () =>
    run("discard", async () => {
      await callApi(path, { method: "DELETE" });
      router.push("/settings/files");
      router.refresh();
    });
  const takeBack = () =>
    run("take-back", async () => {
      await callApi(`${path}/take-back`, { method: "POST" });
      setAsking(false);
      router.refresh();
    });
  return (
    <div className="grid gap-6">
      <p>
        <Link href="/settings/files" className="link">
          All imports
        </Link>
      </p>
      <Card aria-labelledby="import-heading">
        <div className="flex flex-wrap items-start justify-between gap-3">
          <h1 id="import-heading" className="min-w-0 text-2xl font-semibold wrap-anywhere">
            {nameOfImport(found)}
          </h1>
          <Badge tone={look.tone}>{look.text}</Badge>
        </div>
        <p className="mt-1 text-muted">
          {[
            describeEvents(found.events),
            found.otherComponents > 0 ? `${found.otherComponents} tasks and the like passed over` : "",
            `times without a zone read in ${found.timeZone}`,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        {found.mail ? (
          <p className="mt-1 text-muted wrap-anywhere">
            {`Came by mail${found.mail.from ? ` from ${found.mail.from}` : ""}.`}
          </p>
        ) : null}
        {found.mail?.setAside && found.status === "ready" ? (
          <Alert tone="warn" className="mt-4" title="It was not applied by itself">
            {SET_ASIDE[found.mail.setAside]}
          </Alert>
        ) : null}
        {found.result ? (
          <p role="status" className="mt-3 font-medium">
            {found.status === "applied"
              ? `Done: ${describeResult(found)}.`
              : "Nothing of it counts any more."}
          </p>
        ) : null}
        {found.status === "applied" && found.method !== "REPLY" ? (
          <Button kind="caution" className="mt-3 -ml-3" onClick={() => setAsking(true)}>
            Take it back
          </Button>
        ) : null}
        {problem ? (
          <Alert tone="bad" role="alert" className="mt-4" title="It was not done">
            {problem}
          </Alert>
        ) : null}
      </Card>
      <Problems {...found} />
      {found.preview ? (
        <ImportPreview
          preview={found.preview}
          errors={found.errors}
          answers={found.method === "REPLY"}
          timeZone={timeZone}
          busy={busy}
          onApply={apply}
          onDiscard={discard}
        />
      ) : null}
      <Dialog open={asking} title="Take this import back?" onClose={() => setAsking(false)}>
        <p className="text-muted">
          What it added goes from your calendar, and what it had changed is as before. Bookings stay as they
          are.
        </p>
        <div className="mt-5 flex flex-wrap justify-end gap-3">
          <Button onClick={() => setAsking(false)}>Keep it</Button>
          <Button kind="danger" busy={busy === "take-back"} onClick={takeBack}>
            Take it back
          </Button>
        </div>
      </Dialog>
    </div>
  );
}
