import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeDataFolder, startEmbeddedPostgres } from "@calsync/prisma/embedded";
import { freePort } from "../free-port.ts";
import { CALDAV_PASSWORD } from "./caldav-test-server.ts";
import { hasProgram, type InstalledProgram } from "./installed-program.ts";
import { hasPhp, servePhp } from "./php.ts";

/** Where Debian puts it, and the folder in which it looks for the settings of the host that it is called by. */
const HOME = "/usr/share/davical";
const SETTINGS = "/etc/davical";

/** What its own script runs for a new database, in that order. */
const TABLES = [
  "/usr/share/awl/dba/awl-tables.sql",
  "/usr/share/awl/dba/schema-management.sql",
  `${HOME}/dba/davical.sql`,
  `${HOME}/dba/supported_locales.sql`,
  `${HOME}/dba/views/dav_principal.sql`,
  `${HOME}/dba/caldav_functions.sql`,
  `${HOME}/dba/rrule_functions.sql`,
  `${HOME}/dba/base-data.sql`,
];

/** Whether this machine has DAViCal, and what fills its database. */
export const isDavicalInstalled = (): boolean =>
  [...TABLES, `${HOME}/htdocs/caldav.php`, SETTINGS].every((path) => existsSync(path)) &&
  hasProgram("psql") &&
  hasPhp('extension_loaded("pdo_pgsql")');

/** DAViCal as a process of ours, with a PostgreSQL of its own. What it has to mail goes to a file. */
export async function startDavical(): Promise<InstalledProgram> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-davical-"));
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "calsync-davical-pg-"));
  const database = await startEmbeddedPostgres({
    dataDir,
    database: "davical",
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", autovacuum: "off" },
  });
  const files = TABLES.flatMap((path) => ["-f", path]);
  await promisify(execFile)("psql", ["-qX", "-v", "ON_ERROR_STOP=1", ...files, database.url]);
  writeFileSync(join(folder, "davical-conf.php"), configuration(new URL(database.url)));
  writeFileSync(join(folder, "router.php"), ROUTER);
  const mails = join(folder, "mails");
  const endPhp = servePhp(join(folder, "router.php"), port, folder, { sendmail_path: `tee -a ${mails}` });
  return {
    port,
    get invited() {
      const text = existsSync(mails) ? readFileSync(mails, "utf8") : "";
      return [...text.matchAll(/^To: <?([^>\r\n]+)/gm)].map(([, address]) => address ?? "");
    },
    homeOf: (username) => `/caldav.php/${encodeURIComponent(username)}`,
    unknownToken: () => "data:,999999",
    async admit(username) {
      // The first request makes the account: two at once would make two.
      const authorization = `Basic ${Buffer.from(`${username}:${CALDAV_PASSWORD}`).toString("base64")}`;
      const url = `http://127.0.0.1:${port}/caldav.php/${encodeURIComponent(username)}/`;
      await fetch(url, { method: "PROPFIND", headers: { authorization, depth: "0" } });
    },
    async close() {
      await endPhp();
      await database.stop();
      await removeDataFolder(dataDir);
    },
  };
}

/** Everybody who knows the password has an account, from their first request on. */
const configuration = ({ hostname, port, username, password, pathname }: URL): string => `<?php
$_SERVER['SERVER_NAME'] = '127.0.0.1';
$c->domain_name = '127.0.0.1';
$c->pg_connect[] = 'dbname=${pathname.slice(1)} host=${hostname} port=${port} user=${username} password=${password}';
$c->use_persistent = true;
$c->iMIP = (object) ['send_email' => true];
$c->authenticate_hook = ['call' => 'everybody'];
function everybody($username, $password) {
  require_once 'auth-functions.php';
  if ($password !== '${CALDAV_PASSWORD}') return false;
  $principal = new Principal('username', $username);
  if ($principal->Exists()) return $principal;
  $principal->Create(['username' => $username, 'user_active' => 't', 'email' => $username, 'fullname' => $username]);
  CreateHomeCollections($username);
  CreateDefaultRelationships($username);
  return $principal;
}
`;

/**
 * What a web server's settings are for it: which script an address means. Its own settings are looked for under the host's name, which
 * is made one that leads here, and not to what the machine's own installation may have.
 */
const ROUTER = `<?php
chdir('${HOME}/htdocs');
$path = explode('?', $_SERVER['REQUEST_URI'])[0];
$script = 'caldav.php';
unset($_SERVER['PATH_INFO']);
if (str_starts_with($path, '/.well-known/')) $_SERVER['PATH_INFO'] = $path;
else if (str_starts_with($path, '/caldav.php/')) $_SERVER['PATH_INFO'] = rawurldecode(substr($path, strlen('/caldav.php')));
else $script = 'index.php';
$_SERVER['SCRIPT_NAME'] = '/' . $script;
$_SERVER['DOCUMENT_ROOT'] = getcwd();
$_SERVER['SERVER_PORT'] = parse_url('http://' . $_SERVER['HTTP_HOST'], PHP_URL_PORT);
$_SERVER['SERVER_NAME'] = '../..' . __DIR__ . '/davical';
require './' . $script;
`;
