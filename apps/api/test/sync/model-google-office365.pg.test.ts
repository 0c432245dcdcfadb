import { testHttpModel } from "./model/http-model.ts";
import { googleRemote } from "./remote/google.ts";
import { office365Remote } from "./remote/office365.ts";

testHttpModel({
  remotes: [googleRemote, office365Remote],
  // One booking in a calendar of each: an edit in one reaches the other.
  shapes: [{ calendars: 1, destinations: 2 }],
  runs: 40,
});
