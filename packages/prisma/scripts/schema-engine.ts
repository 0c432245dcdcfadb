import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import pg from "pg";
import { MIGRATIONS_FOLDER } from "../src/migrate.ts";

const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** What Prisma thinks of a database's migrations. */
export interface MigrationDiagnosis {
  /** Null when the database and the folder agree. */
  history: object | null;
  editedMigrationNames: string[];
  failedMigrationNames: string[];
  hasMigrationsTable: boolean;
}

/** The part of Prisma's WebAssembly schema engine that we use. */
interface SchemaEngine {
  diff(params: {
    from: unknown;
    to: unknown;
    script: boolean;
    exitCode: null;
    filters: typeof NO_FILTERS;
  }): Promise<{ stdout: string | null }>;
  diagnoseMigrationHistory(params: {
    migrationsList: object;
    optInToShadowDatabase: boolean;
    filters: typeof NO_FILTERS;
  }): Promise<MigrationDiagnosis>;
}

type WasmExports = Record<string, () => void>;

/** TypeScript declares WebAssembly with the browser's types only, and those we do not load. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: WasmExports } }>;
  };
};

interface EngineModule {
  __wbg_set_wasm(exports: WasmExports): void;
  SchemaEngine: {
    // A static method that is called "new".
    "new"(
      options: { datamodels: [string, string][] },
      onLog: (line: string) => void,
      adapter: object,
    ): Promise<SchemaEngine>;
  };
}

const SCHEMA = new URL("../schema.prisma", import.meta.url);

/**
 * The SQL that would make the database at `url` equal to schema.prisma, "" when it is. What Prisma's language cannot say
 * (partial and expression indexes, exclusion constraints, checks, functions, triggers) does not count.
 */
export async function diffToSchema(url: string): Promise<string> {
  return withEngine(url, async (engine, schema) => {
    const files = [{ path: "schema.prisma", content: schema }];
    const { stdout } = await engine.diff({
      from: { tag: "schemaDatasource", files, configDir: "/" },
      to: { tag: "schemaDatamodel", files },
      script: true,
      exitCode: null,
      filters: NO_FILTERS,
    });
    const script = (stdout ?? "").trim();
    return script === "-- This is an empty migration." ? "" : script;
  });
}

/** What `prisma migrate status` would say of the database at `url`. */
export async function diagnoseMigrations(url: string): Promise<MigrationDiagnosis> {
  const names = (await readdir(MIGRATIONS_FOLDER, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = await Promise.all(
    names.map(async (path) => ({
      path,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: await readFile(join(MIGRATIONS_FOLDER, path, "migration.sql"), "utf8") },
      },
    })),
  );
  return withEngine(url, (engine) =>
    engine.diagnoseMigrationHistory({
      migrationsList: {
        baseDir: MIGRATIONS_FOLDER,
        lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
        shadowDbInitScript: "",
        migrationDirectories,
      },
      optInToShadowDatabase: false,
      filters: NO_FILTERS,
    }),
  );
}

async function withEngine<T>(
  url: string,
  run: (engine: SchemaEngine, schema: string) => Promise<T>,
): Promise<T> {
  const schema = await readFile(SCHEMA, "utf8");
  const pool = new EnginePool({ connectionString: url, max: 2 });
  try {
    return await run(await openEngine(schema, pool), schema);
  } finally {
    await pool.end();
  }
}

let loaded: Promise<EngineModule> | undefined;

/** Loads the engine, once: a second instance in one process would pull the first one's memory away. */
function loadEngine(): Promise<EngineModule> {
  loaded ??= (async () => {
    // The package's entry imports its .wasm file as a module, which Node.js 22 cannot do; so it is put together by hand.
    const entry = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
    const module = (await import(pathToFileURL(entry).href)) as EngineModule;
    const { instance } = await WebAssembly.instantiate(await readFile(entry.replace(/\.js$/, ".wasm")), {
      "./schema_engine_bg.js": module,
    });
    module.__wbg_set_wasm(instance.exports);
    instance.exports["__wbindgen_start"]?.();
    Object.assign(globalThis, {
      PRISMA_WASM_PANIC_REGISTRY: {
        set_message(message: string) {
          throw new Error(`Prisma's schema engine gave up: ${message}`);
        },
      },
    });
    return module;
  })();
  return loaded;
}

async function openEngine(schema: string, pool: EnginePool): Promise<SchemaEngine> {
  const module = await loadEngine();
  const factory = new PrismaPg(pool);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const index of pool.charColumns.get(query.sql) ?? []) {
        result.columnTypes[index] = ColumnTypeEnum.Character;
      }
      return result;
    };
    return adapter;
  };
  return module.SchemaEngine.new(
    { datamodels: [["schema.prisma", schema]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/** Type ids of PostgreSQL's internal "char" (one byte, in its catalogs) and of char(n). */
const INTERNAL_CHAR = 18;
const BPCHAR = 1042;

/**
 * The engine reads PostgreSQL's catalogs, which have columns of the type "char", and the adapter does not know that type.
 * So they pass through the adapter as char(n), and are given their own type again behind it.
 */
class EnginePool extends pg.Pool {
  /** For each statement, which columns are of the type "char". */
  readonly charColumns = new Map<string, number[]>();

  // biome-ignore lint/suspicious/noExplicitAny: pg declares this method with a dozen overloads
  override async query(...args: any[]): Promise<any> {
    const result = await (
      pg.Pool.prototype.query as (...args: unknown[]) => Promise<pg.QueryArrayResult>
    ).apply(this, args);
    const columns: number[] = [];
    for (const [index, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== INTERNAL_CHAR) continue;
      field.dataTypeID = BPCHAR;
      columns.push(index);
    }
    this.charColumns.set((args[0] as { text?: string }).text ?? String(args[0]), columns);
    return result;
  }
}
