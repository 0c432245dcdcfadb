import { libraryConfig } from "../../tsup.config.base.ts";

export default libraryConfig([
  "index.ts",
  "caldavcalendar/index.ts",
  "googlecalendar/index.ts",
  "ics-feedcalendar/index.ts",
]);
