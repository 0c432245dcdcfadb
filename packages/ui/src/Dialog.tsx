import { type ReactNode, useEffect, useId, useRef } from "react";

/** What a dialog holds, and how it is left. */
export interface DialogProps {
  open: boolean;
  title: string;
  /** Asked for by Escape, by a press beside the dialog, or by its own buttons. */
  onClose: () => void;
  children: ReactNode;
}

/** A modal question, on the browser's own `<dialog>`: focus goes in, stays in, and comes back to where it was. */
export function Dialog({ open, title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog || !open) return;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        // The dialog's own box has no padding, so a press on the element itself is one on the backdrop.
        if (event.target === event.currentTarget) onClose();
      }}
      className="m-auto w-[min(32rem,calc(100vw-2rem))] rounded-2xl border border-line bg-surface p-0 text-ink shadow-xl backdrop:bg-black/45"
    >
      <div className="p-5 sm:p-6">
        <h2 id={titleId} className="mb-3 text-xl font-semibold">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
