import { MemoryCaldavServer } from "@calsync/testing/caldav-server";
import { testHttpModel } from "./model/http-model.ts";
import { caldavRemote } from "./remote/caldav.ts";
import { googleRemote } from "./remote/google.ts";
import { notionRemote } from "./remote/notion.ts";
import { office365Remote } from "./remote/office365.ts";

testHttpModel({
  remotes: [googleRemote, office365Remote, caldavRemote(() => MemoryCaldavServer.start()), notionRemote],
  // One booking in a calendar of each: an edit in one reaches the other three.
  shapes: [{ calendars: 1, destinations: 4 }],
  runs: 3,
});
