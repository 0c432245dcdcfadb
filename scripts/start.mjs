// npm start: from a fresh clone to a running calsync. See docs/operations/local.md.
import { launch } from "./bootstrap.mjs";

await launch("run.mjs");
