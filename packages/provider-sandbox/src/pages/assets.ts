import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";

/** A script or style of the pages. */
export interface Asset {
  type: string;
  body: Buffer;
  /** Quoted, strong. */
  etag: string;
}

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".map": "application/json; charset=utf-8",
};

let loading: Promise<Map<string, Asset>> | undefined;

/**
 * The scripts and styles by file name: the built ones beside the built package, and bundled in memory when the package
 * runs from its sources. Read once.
 *
 * @throws when the built files are missing or the sources do not compile.
 */
export function loadAssets(): Promise<Map<string, Asset>> {
  loading ??= readAssets().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function readAssets(): Promise<Map<string, Asset>> {
  const files = new Map<string, Uint8Array>();
  if (import.meta.url.endsWith("/src/pages/assets.ts")) {
    const script = new URL("../../scripts/build-client.ts", import.meta.url).href;
    const builder: { buildClient(outdir: null): Promise<Map<string, Uint8Array>> } = await import(script);
    for (const [name, content] of await builder.buildClient(null)) files.set(name, content);
  } else {
    const folder = new URL("./public/", import.meta.url);
    for (const name of await readdir(folder)) files.set(name, await readFile(new URL(name, folder)));
  }
  return new Map([...files].map(([name, content]) => [name, toAsset(name, Buffer.from(content))]));
}

function toAsset(name: string, body: Buffer): Asset {
  const digest = createHash("sha256").update(body).digest("base64url").slice(0, 22);
  return { type: TYPES[extname(name)] ?? "application/octet-stream", body, etag: `"${digest}"` };
}
