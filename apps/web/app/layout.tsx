import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { findUser } from "../modules/api/server.ts";
import { LiveUpdates } from "../modules/live/LiveUpdates.tsx";
import { SiteHeader } from "../modules/shell/SiteHeader.tsx";
import { HourCycleProvider } from "../modules/time/HourCycleProvider.tsx";
import { hourCycleOf } from "../modules/time/hour-cycle.ts";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "calsync", template: "%s · calsync" },
  description: "Bookings that stay equal to the events in your calendar.",
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#faf9f5" },
    { media: "(prefers-color-scheme: dark)", color: "#131618" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  // No page is drawn at build time: each needs the nonce of its own answer (proxy.ts).
  await connection();
  // A page that needs the API says itself when it cannot be reached; the frame around it stays.
  const user = await findUser().catch(() => null);
  const cycle = hourCycleOf((await headers()).get("accept-language"));
  return (
    <html lang="en">
      <body className="flex min-h-dvh flex-col font-sans antialiased">
        <a
          href="#main"
          className="absolute left-4 -top-20 z-20 rounded-b-lg bg-accent px-4 py-2 font-medium text-accent-ink focus:top-0"
        >
          Skip to content
        </a>
        <SiteHeader user={user} />
        <main id="main" tabIndex={-1} className="mx-auto w-full max-w-5xl flex-1 px-4 py-8 sm:px-6 sm:py-12">
          <HourCycleProvider cycle={cycle}>{children}</HourCycleProvider>
        </main>
        <LiveUpdates signedIn={user !== null} />
      </body>
    </html>
  );
}
