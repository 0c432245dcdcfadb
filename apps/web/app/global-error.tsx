"use client";

import "./globals.css";

/** The last resort, when not even the frame of the page could be drawn. */
export default function GlobalError({ reset }: { error: Error; reset: () => void }) {
  return (
    <html lang="en">
      <body className="p-8 font-sans">
        <h1 className="text-2xl font-semibold">Something went wrong</h1>
        <p className="mt-2">Try again in a moment.</p>
        <button type="button" className="link mt-4" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  );
}
