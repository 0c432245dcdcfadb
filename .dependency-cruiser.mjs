/**
 * The import directions of the architecture (docs/architecture.md), checked on every import, also the type-only ones:
 *
 *   apps ─► features ─► jobs, prisma ─► lib ─► types        features and app-store never import each other:
 *     └───► app-store ────────────────► lib ─► types        the container of apps/api hands adapters to the engine
 *   icalendar stands beside lib: features and app-store may use it
 */
/** Tests, and what only they use: `x.test-support.ts`, `x.fixture.ts`, or anything in a folder test, test-support or e2e. */
const test = "([.](test|spec|bench|fixture)[.]tsx?$|[./]test-support[.]ts$|/(e2e|test|test-support)/)";
/** Where the parts of an app are put together: its container, and the commands of its command line. */
const composition = ["^apps/[^/]+/(src/)?container([.]ts$|/)", "^apps/[^/]+/(src/)?commands/"];
/** Holds the one connection that listens for the database's notices, which is a driver's and not a query. */
const listener = "^apps/api/src/services/change-feed[.]ts$";
const oneOf = (...names) => `^packages/(${names.join("|")})/`;

/** A package may import itself and the packages named; everything else of ours is forbidden, also to its tests unless `tests` is set. */
function mayImportOnly(name, from, allowed, { tests = [] } = {}) {
  const rule = (suffix, fromPath, packages) => ({
    name: `${name}-imports-only${suffix}`,
    comment: `${name} may import only ${packages.length > 0 ? packages.join(", ") : "nothing of ours"} (docs/architecture.md).`,
    severity: "error",
    from: fromPath,
    to: {
      path: "^(packages|apps|scripts)/",
      pathNot: [from, ...packages.map((allow) => `^packages/${allow}/`)],
    },
  });
  return [
    rule("", { path: from, pathNot: test }, allowed),
    rule("-in-tests", { path: `${from}.*${test}` }, [...allowed, ...tests]),
  ];
}

const testTools = ["testing", "provider-sandbox"];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...mayImportOnly("types", oneOf("types"), []),
    ...mayImportOnly("lib", oneOf("lib"), ["types"], { tests: ["testing"] }),
    ...mayImportOnly("icalendar", oneOf("icalendar"), ["lib", "types"], { tests: ["testing"] }),
    ...mayImportOnly("prisma", oneOf("prisma"), ["lib", "types"], { tests: ["testing"] }),
    ...mayImportOnly("jobs", oneOf("jobs"), ["prisma", "lib", "types"], { tests: ["testing"] }),
    ...mayImportOnly("ui", oneOf("ui"), ["lib", "types"], { tests: ["testing"] }),
    ...mayImportOnly("app-store", oneOf("app-store"), ["icalendar", "lib", "types"], { tests: testTools }),
    ...mayImportOnly("provider-sandbox", oneOf("provider-sandbox"), ["lib", "types"], { tests: ["testing"] }),
    ...mayImportOnly("testing", oneOf("testing"), ["jobs", "prisma", "lib", "types"]),
    ...mayImportOnly(
      "features",
      oneOf("features"),
      ["features", "jobs", "prisma", "icalendar", "lib", "types"],
      {
        tests: testTools,
      },
    ),
    {
      name: "apps-are-tops",
      comment: "Nothing imports an app, not even another app.",
      severity: "error",
      from: { path: "^(apps/[^/]+|packages)/" },
      to: { path: "^apps/", pathNot: "^$1/" },
    },
    {
      name: "test-tools-only-in-tests",
      comment:
        "packages/testing and packages/provider-sandbox are for tests and scripts, never for code that ships.",
      severity: "error",
      from: { path: "^(apps|packages)/", pathNot: [test, oneOf("testing", "provider-sandbox")] },
      to: { path: oneOf("testing", "provider-sandbox") },
    },
    {
      name: "prisma-client-only-in-repositories",
      comment:
        "Only repositories talk to the database: move the query into a file under repositories/. (Types may be imported anywhere above prisma.)",
      severity: "error",
      from: {
        path: "^(apps|packages)/",
        pathNot: ["/repositories/", oneOf("prisma", "testing", "jobs"), ...composition, listener, test],
      },
      to: { path: "^packages/prisma/src/(index|client)[.]ts$", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "database-drivers-only-below",
      comment:
        "pg and @prisma/client are used by packages/prisma, jobs and testing only; others use @calsync/prisma.",
      severity: "error",
      from: {
        path: "^(apps|packages)/",
        pathNot: [oneOf("prisma", "testing", "jobs"), "/repositories/", ...composition, listener, test],
      },
      to: { path: "node_modules/(pg|@prisma/client)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "engine-is-pure",
      comment:
        "engine/ decides from what it is given: no database, no jobs, no services, no Node.js built-ins.",
      severity: "error",
      from: { path: "^packages/features/calendar-sync/(src/)?engine/", pathNot: test },
      to: {
        pathNot: [
          "^packages/features/calendar-sync/(src/)?(engine|ports)/",
          oneOf("types", "lib", "icalendar"),
          "node_modules/(temporal-polyfill|rrule-temporal|zod)/",
        ],
      },
    },
    {
      name: "providers-are-islands",
      comment:
        "One provider never imports another: what they share belongs to packages/lib or app-store's own shared files. A preset of CalDAV stands on its face.",
      severity: "error",
      from: { path: "^packages/app-store/([^/]+)/" },
      to: {
        path: "^packages/app-store/[^/]+/",
        pathNot: [
          "^packages/app-store/$1/",
          "^packages/app-store/(src|common|lib|dist)/",
          "^packages/app-store/caldavcalendar/(index|preset-metadata)[.]ts$",
        ],
      },
    },
    {
      name: "no-reaching-into-packages",
      comment:
        "Import a package by its name and one of its exports, never by a relative path into its inner files.",
      severity: "error",
      from: { path: "^(packages/features/[^/]+|packages/[^/]+|apps/[^/]+)/" },
      to: {
        path: "^(packages|apps)/",
        pathNot: "^$1/",
        dependencyTypes: ["local"],
        dependencyTypesNot: ["aliased", "aliased-workspace"],
      },
    },
    {
      name: "no-circular",
      comment: "These files import each other in a circle: move what both need into a third file.",
      severity: "error",
      from: { pathNot: "src/generated/" },
      to: { circular: true, viaOnly: { pathNot: "src/generated/" } },
    },
    {
      name: "no-unresolvable",
      comment:
        "This import leads nowhere: misspelt, not in the package's exports, or not in its package.json.",
      severity: "error",
      from: { pathNot: ["[.]next/", "next-env[.]d[.]ts$"] },
      to: { couldNotResolve: true, pathNot: ["src/generated/"] },
    },
    {
      name: "no-undeclared-package",
      comment: "This npm package is not in the importing package's own package.json.",
      severity: "error",
      from: { path: "^(apps|packages)/", pathNot: "src/generated/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "no-dev-package-in-shipped-code",
      comment: "Code that ships imports a devDependency: list it under dependencies.",
      severity: "error",
      from: {
        path: "^(apps|packages)/",
        pathNot: [test, oneOf("testing"), "[.]config[.](ts|mjs)$", "^packages/[^/]+/scripts/", "^apps/web/"],
      },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer", "type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|[.]next|[.]calsync|coverage|test-results|playwright-report)/" },
    combinedDependencies: false,
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ["@calsync/source", "types", "import", "node", "default"],
      exportsFields: ["exports"],
      extensions: [".ts", ".tsx", ".mts", ".d.ts", ".js", ".mjs", ".jsx", ".json", ".css"],
      mainFields: ["module", "main", "types"],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
