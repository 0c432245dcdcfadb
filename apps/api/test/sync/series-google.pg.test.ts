import { googleSeries } from "./remote/google-series.ts";
import { testSeriesOverHttp } from "./series-over-http.ts";

testSeriesOverHttp("Google's calendar", googleSeries);
