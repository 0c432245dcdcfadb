/**
 * Writes `registry.generated.ts`: one entry for each provider folder of this package. A folder is a provider when it
 * holds `index.ts` and `metadata.ts`. With `--check` nothing is written: the exit code tells whether the file is up to date.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "registry.generated.ts");

const slugs = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
  .map((entry) => entry.name)
  .filter((name) => ["index.ts", "metadata.ts"].every((file) => existsSync(join(root, name, file))))
  .sort();
for (const slug of slugs) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(slug)) {
    console.error(
      `The folder ${slug} cannot be a provider: a slug is small letters and digits, a letter first, parted by hyphens.`,
    );
    process.exit(1);
  }
}

/** The slug as a name in TypeScript. */
const nameOf = (slug) => slug.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const source = `// Written by scripts/generate-registry.mjs from the folders of this package. Do not edit.
import type { CalendarProvider, ProviderMetadata } from "@calsync/types";
${slugs.map((slug) => `import { metadata as ${nameOf(slug)} } from "./${slug}/metadata.ts";\n`).join("")}
/** One provider as the registry knows it: its description at hand, its code loaded when it is first needed. */
export interface RegisteredProvider {
  metadata: ProviderMetadata;
  load(): Promise<CalendarProvider>;
}

export const registry: Readonly<Record<string, RegisteredProvider>> = {
${slugs
  .map((slug) => {
    const load = `async () => (await import("./${slug}/index.ts")).default`;
    const key = nameOf(slug) === slug ? slug : JSON.stringify(slug);
    return `  ${key}: {\n    metadata: ${nameOf(slug)},\n    load: ${load},\n  },\n`;
  })
  .join("")}};
`;

if (process.argv.includes("--check")) {
  if (existsSync(target) && readFileSync(target, "utf8") === source) process.exit(0);
  console.error(
    "packages/app-store/registry.generated.ts is out of date: run pnpm -F @calsync/app-store registry",
  );
  process.exit(1);
}
writeFileSync(target, source);
