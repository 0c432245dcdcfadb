import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { end, hasProgram, type InstalledProgram } from "./installed-program.ts";
import { converse, startMailSink } from "./mail-sink.ts";

/** Where Debian and Cyrus' own installation put its programs, which stand on nobody's path. */
const FOLDERS = ["/usr/lib/cyrus/bin", "/usr/lib/cyrus-imapd", "/usr/cyrus/libexec", "/usr/local/libexec"];

const programsFolder = (): string | undefined =>
  FOLDERS.find((folder) => ["master", "httpd", "lmtpd"].every((name) => hasProgram(join(folder, name))));

/** Whether this machine has Cyrus with its CalDAV part and, for root, the user that it becomes. */
export const isCyrusInstalled = (): boolean =>
  programsFolder() !== undefined && (userInfo().uid !== 0 || hasUser("cyrus"));

function hasUser(name: string): boolean {
  try {
    execFileSync("id", [name], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Cyrus as a process of ours: its master, which starts one process for each connection. It lets everybody in whatever the
 * password, and sends what it has to mail to a server of ours that keeps it.
 */
export async function startCyrus(): Promise<InstalledProgram> {
  const programs = programsFolder();
  if (programs === undefined) throw new Error("Cyrus is not installed");
  const folder = mkdtempSync(join(memoryFolder(), "calsync-cyrus-"));
  const port = await freePort();
  const sink = await startMailSink();
  for (const name of ["conf", "conf/db", "conf/socket", "spool", "proc", "lock", "temp"]) {
    mkdirSync(join(folder, name));
  }
  const imapd = join(folder, "imapd.conf");
  const lmtp = join(folder, "conf/socket/lmtp");
  writeFileSync(imapd, imapdConf(folder, sink.port));
  writeFileSync(
    join(folder, "cyrus.conf"),
    [
      `START {\n recover cmd="${programs}/ctl_cyrusdb -C ${imapd} -r"\n}`,
      "SERVICES {",
      ` http cmd="${programs}/httpd -C ${imapd}" listen="127.0.0.1:${port}" prefork=1`,
      ` lmtp cmd="${programs}/lmtpd -C ${imapd} -a" listen="${lmtp}" prefork=0`,
      "}",
      "EVENTS {\n}",
      "",
    ].join("\n"),
  );
  // It refuses to be root: as root it becomes the user that its package has made, else it stays who we are.
  if (userInfo().uid === 0) execFileSync("chown", ["-R", "cyrus:mail", folder]);
  const options = ["-D", "-C", imapd, "-M", join(folder, "cyrus.conf"), "-p", join(folder, "temp/pid")];
  // In a group of its own: what ends it, it passes on to all of its group, and that is not to be us.
  const child = spawn(join(programs, "master"), options, { stdio: "ignore", detached: true });
  const endWithUs = () => child.kill("SIGTERM");
  process.once("exit", endWithUs);
  return {
    port,
    invited: sink.recipients,
    homeOf: (username) => `/dav/calendars/user/${username}`,
    unknownToken: (token) => token.replace(/,\d+/, ",1"),
    admit: (username) => deliver(lmtp, username),
    async close() {
      // The master ends those that it has started.
      await end(child, "SIGTERM", folder);
      process.off("exit", endWithUs);
      await sink.close();
    },
  };
}

/** It waits for its disk at every step; in memory, where there is such a folder, an account is made seven times as fast. */
function memoryFolder(): string {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return tmpdir();
  }
}

function imapdConf(folder: string, mailPort: number): string {
  const { uid, username } = userInfo();
  return [
    ...(uid === 0 ? [] : [`cyrus_user: ${username}`]),
    `configdirectory: ${folder}/conf`,
    "defaultpartition: default",
    `partition-default: ${folder}/spool`,
    `proc_path: ${folder}/proc`,
    `mboxname_lockpath: ${folder}/lock`,
    `temp_path: ${folder}/temp`,
    "servername: localhost",
    "virtdomains: userid",
    "defaultdomain: internal",
    "unixhierarchysep: yes",
    "httpmodules: caldav",
    "httpallowcompress: no",
    "calendar_user_address_set: people.example",
    // Samples stand still while the clock goes on.
    "caldav_historical_age: -1",
    "caldav_create_attach: no",
    "allowplaintext: yes",
    "sasl_mech_list: PLAIN",
    "sasl_pwcheck_method: alwaystrue",
    // A first mail makes an account: only the IMAP part would do so at a first login.
    "autocreate_quota: 0",
    "autocreate_post: yes",
    "smtp_backend: host",
    `smtp_host: 127.0.0.1:${mailPort}`,
    "",
  ].join("\n");
}

/** Brings a user's first mail (LMTP, RFC 2033). */
async function deliver(socketPath: string, username: string): Promise<void> {
  const mail = `From: <welcome@people.example>\r\nMessage-ID: <${username}>\r\nSubject: Welcome\r\n\r\nHello.\r\n.`;
  const said = ["LHLO localhost", "MAIL FROM:<>", `RCPT TO:<${username}>`, "DATA", mail, "QUIT"];
  await converse(connect(socketPath), said);
}
