// A Chromium for the end-to-end tests on any machine: one that is there, or the one that an npm package carries.
//
//   node scripts/browser.mjs     says which one works
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "@playwright/test";
import { explain, SetupError, say } from "./progress.mjs";
import { localDir, root } from "./toolchain.mjs";

/** @typedef {{ executablePath: string, env: Record<string, string>, args: string[] }} Browser */

// No sandbox: it needs a kernel feature that containers and root shells lack, and only our own pages are opened.
const ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"];

/**
 * Finds a Chromium and proves that it opens a page.
 * CALSYNC_BROWSER names one to use; else Playwright's own when it was installed, the one from npm (Linux x64), Chrome as installed.
 * @returns {Promise<Browser>}
 * @throws SetupError when there is none that starts
 */
export async function findBrowser() {
  const reasons = [];
  for await (const { name, browser } of candidates()) {
    const problem = await tryBrowser(browser);
    if (problem === null) return browser;
    reasons.push(`  ${name}: ${problem}`);
  }
  throw new SetupError(
    `No browser for the end-to-end tests starts:\n${reasons.join("\n") || "  none was found"}`,
    "Install one with `npx playwright install --with-deps chromium`, or set CALSYNC_BROWSER to the path of a Chrome or Chromium.",
  );
}

async function* candidates() {
  const given = process.env.CALSYNC_BROWSER;
  if (given) {
    yield { name: "CALSYNC_BROWSER", browser: { executablePath: given, env: {}, args: ARGS } };
    return;
  }
  const own = chromium.executablePath();
  if (fs.existsSync(own))
    yield { name: "Playwright's", browser: { executablePath: own, env: {}, args: ARGS } };
  if (process.platform === "linux" && process.arch === "x64") {
    const packed = await unpack();
    const env = { FONTCONFIG_FILE: path.join(packed, "fonts.conf") };
    const plain = { executablePath: path.join(packed, "chromium"), env, args: ARGS };
    yield { name: "from npm", browser: plain };
    // A machine without a desktop lacks libnss3 and its like, which the package holds for another system: they fit here too.
    const libraries = path.join(packed, "al2023", "lib");
    yield {
      name: "from npm, own libraries",
      browser: { ...plain, env: { ...env, LD_LIBRARY_PATH: libraries } },
    };
  }
  const installed = [
    "/usr/bin/google-chrome",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ];
  for (const executablePath of installed.filter((file) => fs.existsSync(file))) {
    yield { name: executablePath, browser: { executablePath, env: {}, args: ARGS } };
  }
}

/** Null when the browser opens a page, else why it does not. */
async function tryBrowser({ executablePath, env, args }) {
  try {
    const browser = await chromium.launch({
      executablePath,
      args,
      env: { ...process.env, ...env },
      timeout: 30_000,
    });
    try {
      const page = await browser.newPage();
      await page.goto("data:text/html,<title>ready</title>");
      return (await page.title()) === "ready" ? null : "it opens no page";
    } finally {
      await browser.close();
    }
  } catch (error) {
    return (
      error.message.match(/error while loading[^\n]*|spawn [^\n]*|Timeout[^\n]*/)?.[0] ?? error.message
    ).slice(0, 300);
  }
}

/** Inflates the package's archives once, into a folder that exists only when it is complete. */
async function unpack() {
  const resolve = createRequire(import.meta.url).resolve;
  const folder = path.dirname(path.dirname(resolve("@sparticuz/chromium")));
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const target = path.join(localDir, "browser", version);
  if (fs.existsSync(target)) return target;
  const partial = `${target}.${process.pid}`;
  fs.mkdirSync(partial, { recursive: true });
  const outside = process.env.TMPDIR;
  // The package inflates into the folder for temporary files, whatever is already there.
  process.env.TMPDIR = partial;
  try {
    const { inflate } = await import("@sparticuz/chromium");
    const archives = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
    await Promise.all(archives.map((name) => inflate(path.join(folder, "bin", name))));
  } finally {
    if (outside === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outside;
  }
  fs.writeFileSync(
    path.join(partial, "fonts.conf"),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${path.join(target, "fonts")}</dir>
  <cachedir>${path.join(target, "font-cache")}</cachedir>
</fontconfig>
`,
  );
  try {
    fs.renameSync(partial, target);
  } catch (error) {
    // Another run was quicker.
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(target)) throw error;
  }
  return target;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  findBrowser().then(
    ({ executablePath, env }) => say(`${path.relative(root, executablePath)} works ${JSON.stringify(env)}`),
    (error) => {
      explain(error);
      process.exitCode = 1;
    },
  );
}
