"use client";

import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { announceServerChange } from "./change-bus.ts";
import { openChangeStream } from "./change-stream.ts";
import { streamUrlOf } from "./stream-url.ts";

/** A page that nobody looks at for this long lets go of its connection: browsers allow only six to one server. */
const HIDDEN_MS = 60_000;
/** An interruption this short is nobody's concern. */
const TELL_AFTER_MS = 4_000;

/**
 * Keeps the page as it is on the server: every change that concerns it draws it anew, with what was typed and opened kept. There is
 * one of it, in the layout of all pages. It shows itself only while the connection is gone.
 */
export function LiveUpdates({ signedIn }: { signedIn: boolean }) {
  const router = useRouter();
  const url = streamUrlOf(usePathname(), useSearchParams().get("token"), signedIn);
  const [connected, setConnected] = useState(true);

  useEffect(() => {
    if (url === null) return;
    const refresh = () => {
      announceServerChange();
      router.refresh();
    };
    const stream = openChangeStream({ url, onChange: refresh, onResume: refresh, onState: setConnected });
    let hiding: ReturnType<typeof setTimeout> | undefined;
    const onVisibility = () => {
      clearTimeout(hiding);
      if (document.hidden) hiding = setTimeout(() => stream.pause(), HIDDEN_MS);
      else stream.resume();
    };
    const onOnline = () => stream.resume();
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("online", onOnline);
    return () => {
      clearTimeout(hiding);
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("online", onOnline);
      stream.close();
      setConnected(true);
    };
  }, [url, router]);

  const [told, setTold] = useState(false);
  useEffect(() => {
    if (connected) {
      setTold(false);
      return;
    }
    const timer = setTimeout(() => setTold(true), TELL_AFTER_MS);
    return () => clearTimeout(timer);
  }, [connected]);

  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-4 z-10 flex justify-center px-4">
      {told && url !== null ? (
        <p className="rounded-full border border-line bg-surface px-4 py-2 text-sm shadow-lg">
          Reconnecting… what you see may be out of date.
        </p>
      ) : null}
    </div>
  );
}
