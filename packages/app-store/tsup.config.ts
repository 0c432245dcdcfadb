import { libraryConfig } from "../../tsup.config.base.ts";

export default libraryConfig([
  "index.ts",
  "applecalendar/index.ts",
  "caldavcalendar/index.ts",
  "fastmailcalendar/index.ts",
  "googlecalendar/index.ts",
  "ics-feedcalendar/index.ts",
  "nextcloudcalendar/index.ts",
  "office365calendar/index.ts",
  "notioncalendar/index.ts",
]);
