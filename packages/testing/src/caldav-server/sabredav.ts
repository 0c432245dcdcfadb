import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { CALDAV_PASSWORD } from "./caldav-test-server.ts";
import type { InstalledProgram } from "./installed-program.ts";
import { hasPhp, servePhp } from "./php.ts";

/** Whether this machine has SabreDAV 1.8 (Debian's), and SQLite for it to keep its data in. */
export const isSabredavInstalled = (): boolean =>
  hasPhp('extension_loaded("pdo_sqlite") && stream_resolve_include_path("Sabre/CalDAV/Backend/PDO.php")');

/** SabreDAV as a process of ours: a library, with a server made of its own parts as its manual has it. */
export async function startSabredav(): Promise<InstalledProgram> {
  const folder = mkdtempSync(join(tmpdir(), "calsync-sabredav-"));
  const port = await freePort();
  writeFileSync(join(folder, "server.php"), SERVER);
  writeFileSync(join(folder, "tables.php"), TABLES);
  execFileSync("php", [join(folder, "tables.php")], { stdio: "ignore" });
  return {
    port,
    invited: [],
    homeOf: (username) => `/calendars/${encodeURIComponent(username)}`,
    // It gives out no tokens.
    unknownToken: (token) => token,
    close: servePhp(join(folder, "server.php"), port, folder),
  };
}

const OPEN = `<?php
$pdo = new PDO('sqlite:' . __DIR__ . '/data.sqlite');
$pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$pdo->exec('PRAGMA synchronous = OFF');
`;

/** The tables that its SQLite back ends expect. */
const TABLES = `${OPEN}
$pdo->exec('PRAGMA journal_mode = WAL');
$pdo->exec('CREATE TABLE principals (id INTEGER PRIMARY KEY, uri TEXT UNIQUE, email TEXT, displayname TEXT, vcardurl TEXT)');
$pdo->exec('CREATE TABLE groupmembers (id INTEGER PRIMARY KEY, principal_id INTEGER, member_id INTEGER)');
$pdo->exec('CREATE TABLE calendars (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, ctag INTEGER,
  description TEXT, calendarorder INTEGER, calendarcolor TEXT, timezone TEXT, components TEXT, transparent BOOL)');
$pdo->exec('CREATE TABLE calendarobjects (id INTEGER PRIMARY KEY, calendardata BLOB, uri TEXT, calendarid INTEGER,
  lastmodified INTEGER, etag TEXT, size INTEGER, componenttype TEXT, firstoccurence INTEGER, lastoccurence INTEGER)');
$pdo->exec('CREATE UNIQUE INDEX one_name ON calendarobjects (calendarid, uri)');
`;

/** Everybody who knows the password has an account, from their first request on. */
const SERVER = `${OPEN}
date_default_timezone_set('UTC');
require 'Sabre/autoload.php';
class Everybody extends Sabre\\DAV\\Auth\\Backend\\AbstractBasic {
  public function __construct(private PDO $pdo) {}
  protected function validateUserPass($username, $password) {
    if ($password !== '${CALDAV_PASSWORD}') return false;
    $known = $this->pdo->prepare('INSERT OR IGNORE INTO principals (uri, email, displayname) VALUES (?, ?, ?)');
    $known->execute(["principals/$username", $username, $username]);
    return true;
  }
}
$principals = new Sabre\\DAVACL\\PrincipalBackend\\PDO($pdo);
$calendars = new Sabre\\CalDAV\\Backend\\PDO($pdo);
$server = new Sabre\\DAV\\Server([
  new Sabre\\CalDAV\\Principal\\Collection($principals),
  new Sabre\\CalDAV\\CalendarRootNode($principals, $calendars),
]);
$server->setBaseUri('/');
$server->addPlugin(new Sabre\\DAV\\Auth\\Plugin(new Everybody($pdo), 'calendars'));
$server->addPlugin(new Sabre\\DAVACL\\Plugin());
$server->addPlugin(new Sabre\\CalDAV\\Plugin());
$server->exec();
`;
