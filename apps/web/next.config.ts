import path from "node:path";
import type { NextConfig } from "next";

// Before Next.js reads it: nothing about builds or visitors is sent anywhere.
process.env["NEXT_TELEMETRY_DISABLED"] = "1";

/** Headers of every answer. The content security policy needs a nonce per page: see proxy.ts. */
const headers = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  // A guest's link holds their token: other sites never see it.
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
];

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // Types are checked by `pnpm typecheck`, once for all packages; a build does not repeat it.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: path.join(import.meta.dirname, "../..") },
  headers: async () => [{ source: "/:path*", headers }],
};

export default config;
