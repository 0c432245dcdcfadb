import { type ReactNode, useState } from "react";
import { Button } from "./Button.tsx";
import { Dialog } from "./Dialog.tsx";

/**
 * Shows a text that cannot be read again afterwards, to be copied.
 * @param props `title` of the dialog; `label` names the field; what stands above it says where to keep the text
 */
export function ShownOnce({
  title,
  label,
  value,
  children,
  onClose,
}: {
  title: string;
  label: string;
  value: string;
  children: ReactNode;
  onClose: () => void;
}) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // The field is there to copy from by hand.
    }
  };
  return (
    <Dialog open title={title} onClose={onClose}>
      <div className="grid gap-4">
        <p>{children}</p>
        <input
          readOnly
          aria-label={label}
          value={value}
          onFocus={(event) => event.target.select()}
          className="h-11 w-full rounded-lg border border-line-strong bg-sunken px-3 font-mono text-sm"
        />
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>
          <Button kind="primary" onClick={onClose}>
            I have kept it
          </Button>
        </div>
        <p role="status" className="sr-only">
          {copied ? "Copied" : ""}
        </p>
      </div>
    </Dialog>
  );
}
