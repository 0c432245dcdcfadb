import { libraryConfig } from "../../tsup.config.base.ts";

export default libraryConfig([
  "src/index.ts",
  "src/global-setup.ts",
  "src/contract/index.ts",
  "src/caldav-server/index.ts",
  "src/imap-server/index.ts",
  "src/memory-calendar/index.ts",
  "src/model/index.ts",
]);
