"use client";

import { Alert } from "@calsync/ui";
import { useEffect, useState } from "react";

/**
 * Greets the guest who has just booked, for as long as the page is open. The address forgets it, so that a link that is kept does
 * not greet for ever.
 */
export function BookedNotice({ justBooked, email }: { justBooked: boolean; email: string | undefined }) {
  const [greets] = useState(justBooked);
  useEffect(() => {
    const url = new URL(window.location.href);
    if (!url.searchParams.has("booked")) return;
    url.searchParams.delete("booked");
    window.history.replaceState(null, "", url);
  }, []);
  if (!greets) return null;
  return (
    <Alert tone="good" role="status" title="You are booked">
      {email ? `A confirmation is on its way to ${email}. ` : ""}
      With the address of this page you can move or cancel the booking at any time.
    </Alert>
  );
}
