"use client";

import { Alert, Button, Card } from "@calsync/ui";
import { useRouter } from "next/navigation";
import { callApi } from "../api/browser.ts";
import type { Inbox as InboxView } from "../api/types.ts";
import { useAction } from "../api/use-action.ts";
import { MomentText } from "../time/TimeText.tsx";
import { SET_ASIDE } from "./import-words.ts";

/** The inbox for invitations by mail: the host's address of it, how reading it stands, and mails that wait. */
export function Inbox({ inbox, timeZone }: { inbox: InboxView; timeZone: string }) {
  const router = useRouter();
  const { busy, problem, run } = useAction();
  const clear = (id: string) =>
    run(id, async () => {
      await callApi(`/v1/inbox/messages/${id}`, { method: "DELETE" });
      router.refresh();
    });
  return (
    <Card aria-labelledby="inbox-heading">
      <h2 id="inbox-heading" className="text-lg font-semibold">
        Invitations by mail
      </h2>
      <p className="mt-1 max-w-prose text-muted">
        Guests’ answers come in by themselves. Have yourself invited at this address, or pass invitations on
        to it, and they make you busy.
      </p>
      <p className="mt-3 font-mono text-sm wrap-anywhere">{inbox.address}</p>
      <p className="mt-2 text-sm text-muted">
        {inbox.lastReadAt ? (
          <>
            Last read <MomentText instant={inbox.lastReadAt} timeZone={timeZone} />
          </>
        ) : (
          "Not read yet"
        )}
      </p>
      {inbox.lastError ? (
        <Alert tone="bad" className="mt-4" title="The mailbox cannot be read">
          <p>{inbox.lastError}</p>
          {inbox.nextReadAt ? (
            <p className="mt-1">
              Tried again <MomentText instant={inbox.nextReadAt} timeZone={timeZone} />.
            </p>
          ) : null}
        </Alert>
      ) : null}
      {problem ? (
        <Alert tone="bad" role="alert" className="mt-4">
          {problem}
        </Alert>
      ) : null}
      {inbox.setAside.length > 0 ? (
        <>
          <h3 className="mt-5 font-medium">Set aside</h3>
          <ul className="mt-2 grid gap-3">
            {inbox.setAside.map((mail) => (
              <li key={mail.id} className="flex flex-wrap items-start justify-between gap-3">
                <div className="min-w-0 text-sm">
                  <p className="font-medium wrap-anywhere">{mail.subject || "Without a subject"}</p>
                  <p className="text-muted wrap-anywhere">
                    {`${mail.sender ?? "Unknown sender"} · `}
                    <MomentText instant={mail.receivedAt} timeZone={timeZone} />
                  </p>
                  <p className="max-w-prose">
                    {SET_ASIDE[mail.reason]}
                    {mail.detail ? ` ${mail.detail}` : ""}
                  </p>
                </div>
                <Button size="small" busy={busy === mail.id} onClick={() => clear(mail.id)}>
                  Clear away<span className="sr-only"> {mail.subject}</span>
                </Button>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Card>
  );
}
