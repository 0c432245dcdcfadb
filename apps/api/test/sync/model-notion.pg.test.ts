import { testHttpModel } from "./model/http-model.ts";
import { notionRemote } from "./remote/notion.ts";

testHttpModel({
  remotes: [notionRemote],
  shapes: [
    { calendars: 1, destinations: 1 },
    { calendars: 2, destinations: 2 },
  ],
  runs: 12,
});
