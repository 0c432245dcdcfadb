"use client";

import { Button, type ButtonKind } from "@calsync/ui";
import { Dialog } from "@calsync/ui/client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { ConnectionForm } from "../api/types.ts";
import { ConnectForm } from "./ConnectForm.tsx";

/** A button that opens a provider's form in a dialog. */
export function ConnectByForm({
  provider,
  form,
  label,
  title,
  connectionId = null,
  kind = "secondary",
  size = "normal",
}: {
  provider: string;
  form: ConnectionForm;
  label: string;
  title: string;
  connectionId?: number | null;
  kind?: ButtonKind;
  size?: "normal" | "small";
}) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind={kind} size={size} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog open={open} title={title} onClose={() => setOpen(false)}>
        <ConnectForm
          {...{ provider, form, connectionId }}
          onClose={() => setOpen(false)}
          onConnected={(id) => {
            setOpen(false);
            router.replace(`/settings/calendars?connected=${id}`);
            router.refresh();
          }}
        />
      </Dialog>
    </>
  );
}
