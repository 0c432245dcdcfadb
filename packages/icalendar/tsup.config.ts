import { libraryConfig } from "../../tsup.config.base.ts";

export default libraryConfig(["src/index.ts"]);
