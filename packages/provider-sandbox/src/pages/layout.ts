/** What a page shows inside the frame that all pages share. */
export interface PageContent {
  title: string;
  /** File name of its script without `.js`. */
  script: string;
  /** Further style sheets, file names without `.css`. */
  styles?: string[];
  /** HTML of the main part; must not hold unescaped input. */
  main: string;
  /** Data for the script, read from the element with the id `page-data`. */
  data?: unknown;
}

/** Said on every page, so that nobody takes the simulator for the real thing. */
const SANDBOX_LABEL = "calsync sandbox — a simulator, not the real thing";

const NAVIGATION = [
  ["/", "Overview"],
  ["/google", "Google"],
  ["/outlook", "Outlook"],
  ["/notion", "Notion"],
  ["/mail", "Mailbox"],
  ["/faults", "Faults"],
] as const;

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect x='1' y='2' width='14' height='13' rx='3' fill='%23415f91'/%3E%3Crect x='3' y='6' width='10' height='7' rx='1' fill='%23ffe08a'/%3E%3C/svg%3E";

/** Renders a whole page. `path` marks the current entry of the navigation. */
export function renderPage(path: string, page: PageContent): string {
  const links = NAVIGATION.map(
    ([href, text]) => `<a href="${href}"${href === path ? ' aria-current="page"' : ""}>${text}</a>`,
  ).join("");
  const styles = ["sandbox", ...(page.styles ?? [])].map(
    (name) => `<link rel="stylesheet" href="/assets/${name}.css">`,
  );
  // "<" inside JSON would end the script element early.
  const data = JSON.stringify(page.data ?? null).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(page.title)} · calsync sandbox</title>
<link rel="icon" href="${ICON}">
${styles.join("\n")}
</head>
<body class="${page.script}">
<header class="top">
<p class="label">${SANDBOX_LABEL}</p>
<nav aria-label="Sandbox">${links}</nav>
</header>
<main id="main">${page.main}</main>
<div id="toasts" role="status" aria-live="polite"></div>
<script type="application/json" id="page-data">${data}</script>
<script type="module" src="/assets/${page.script}.js"></script>
</body>
</html>
`;
}

/** Makes text safe inside HTML text and quoted attributes. */
function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
