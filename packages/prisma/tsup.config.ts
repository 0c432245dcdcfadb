import { libraryConfig } from "../../tsup.config.base.ts";

export default libraryConfig([
  "src/index.ts",
  "src/embedded.ts",
  "src/migrate.ts",
  "src/seed.ts",
  "src/testing/index.ts",
]);
