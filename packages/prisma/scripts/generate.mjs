// `prisma generate` with nothing to download: it asks for a schema engine although it does not use one, and is content
// with any file that exists. (The engine for migrations is WebAssembly, see src/schema-engine.ts.)
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const manifestPath = createRequire(import.meta.url).resolve("prisma/package.json");
const { bin } = createRequire(import.meta.url)(manifestPath);
const { status } = spawnSync(process.execPath, [join(dirname(manifestPath), bin.prisma), "generate"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  stdio: ["ignore", "inherit", "inherit"],
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    CHECKPOINT_DISABLE: "1",
  },
});
process.exit(status ?? 1);
