import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const client = fileURLToPath(new URL("../src/pages/client/", import.meta.url));

/**
 * Bundles the scripts and styles of the pages for browsers.
 *
 * @param outdir where to write them; null only returns them.
 * @returns the files by name, e.g. `calendar-page.js`.
 * @throws when a source does not compile; the message is esbuild's.
 */
export async function buildClient(outdir: string | null): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: client,
    entryPoints: [
      "index-page.ts",
      "calendar-page.ts",
      "mail-page.ts",
      "notion-page.ts",
      "faults-page.ts",
      "sandbox.css",
      "calendar-page.css",
      "notion-page.css",
    ],
    outdir: outdir ?? "unused",
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    sourcemap: outdir ? "linked" : false,
    legalComments: "none",
    logLevel: "silent",
    write: false,
  });
  if (outdir) {
    const { mkdir, writeFile } = await import("node:fs/promises");
    await mkdir(outdir, { recursive: true });
    await Promise.all(outputFiles.map((file) => writeFile(file.path, file.contents)));
  }
  return new Map(
    outputFiles.map((file) => [file.path.replaceAll("\\", "/").split("/").at(-1) ?? "", file.contents]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildClient(fileURLToPath(new URL("../dist/public/", import.meta.url)));
}
