// pnpm -F @calsync/prisma new-migration add_event_link_version
// Writes migrations/<time>_<name>/migration.sql: what schema.prisma has and the migrations so far do not. Read it, and
// add by hand what Prisma's language cannot say.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDataFolder, startEmbeddedPostgres } from "../src/embedded.ts";
import { MIGRATIONS_FOLDER, migrate } from "../src/migrate.ts";
import { diffToSchema } from "./schema-engine.ts";

const name = process.argv[2] ?? "";
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error("Name the migration for what it does, in snake_case: new-migration add_event_link_version");
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), "calsync-new-migration-"));
const server = await startEmbeddedPostgres({ dataDir: folder, settings: { fsync: "off" } });
try {
  await migrate(server.url);
  const sql = await diffToSchema(server.url);
  if (sql === "")
    console.log("schema.prisma and the migrations say the same; an empty file is written for what you add.");
  const time = new Date().toISOString().replaceAll(/[-:T]|\..*$/g, "");
  const target = join(MIGRATIONS_FOLDER, `${time}_${name}`);
  await mkdir(target);
  await writeFile(join(target, "migration.sql"), `${sql}\n`);
  console.log(`${target}/migration.sql`);
} finally {
  await server.stop();
  await removeDataFolder(folder);
}
