import { libraryConfig } from "../../tsup.config.base.ts";

export default libraryConfig(["src/server.ts", "src/worker.ts", "src/cron.ts", "src/cli.ts"]);
