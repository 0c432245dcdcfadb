import { testHttpModel } from "./model/http-model.ts";
import { googleRemote } from "./remote/google.ts";

testHttpModel({
  remotes: [googleRemote],
  shapes: [
    { calendars: 1, destinations: 1 },
    { calendars: 2, destinations: 1 },
    { calendars: 2, destinations: 2 },
  ],
  runs: 200,
});
