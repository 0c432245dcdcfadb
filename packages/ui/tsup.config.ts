import { libraryConfig } from "../../tsup.config.base.ts";

/** No code splitting: each entry keeps its own directives, and `client` is the one that says "use client". */
export default libraryConfig(["src/index.ts", "src/client.ts"], {
  platform: "neutral",
  target: "es2023",
  splitting: false,
});
