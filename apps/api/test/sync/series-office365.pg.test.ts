import { office365Series } from "./remote/office365-series.ts";
import { testSeriesOverHttp } from "./series-over-http.ts";

testSeriesOverHttp("Outlook's calendar", office365Series);
