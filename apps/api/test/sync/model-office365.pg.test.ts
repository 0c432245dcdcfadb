import { testHttpModel } from "./model/http-model.ts";
import { office365Remote } from "./remote/office365.ts";

testHttpModel({
  remotes: [office365Remote],
  shapes: [
    { calendars: 1, destinations: 1 },
    { calendars: 2, destinations: 2 },
  ],
  runs: 40,
});
