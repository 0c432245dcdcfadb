import { libraryConfig } from "../../../tsup.config.base.ts";

export default libraryConfig(["index.ts", "engine/reasons.ts"]);
