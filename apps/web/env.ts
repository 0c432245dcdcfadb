import { z } from "zod";

/** Configuration of the web app, read once at its start with `loadEnv`; nothing of it is fixed by the build. */
export const webEnv = z.object({
  API_URL: z
    .url({ protocol: /^https?$/, error: "is not an http or https address" })
    .transform((url) => url.replace(/\/+$/, ""))
    .default("http://127.0.0.1:3001")
    .describe(
      "Address under which the web server reaches the API. Browsers never see it: they ask the web app under `/api`.",
    ),
  DEMO_USERNAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/i, "is not a user name")
    .default("demo")
    .describe("Host whose booking page the front page links to, when there is such a host."),
});

/** The parsed configuration. */
export type WebEnv = Readonly<z.output<typeof webEnv>>;
