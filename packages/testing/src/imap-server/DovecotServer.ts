import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";

/** Everybody's password. */
export const IMAP_PASSWORD = "secret";

/** How long a server that is starting may take. */
const START_MS = 60_000;
/** An account that is never root's: Dovecot refuses to serve mail as root. */
const NOBODY = 65_534;

/** Whether this machine has Dovecot. Says in one line what is left untested for want of it. */
export function isDovecotInstalled(): boolean {
  try {
    execFileSync(
      "sh",
      ["-c", "PATH=$PATH:/usr/sbin:/usr/local/sbin command -v dovecot && test -x /usr/lib/dovecot/imap"],
      {
        stdio: "ignore",
      },
    );
    return true;
  } catch {
    process.stderr.write(
      "The inbox is tested in memory but not against a real IMAP server: Dovecot is not installed (apt install dovecot-imapd).\n",
    );
    return false;
  }
}

/** A Dovecot of its own on a free port of the loopback interface, with mailboxes in a folder that goes with it. */
export class DovecotServer {
  readonly port: number;
  /** Where TLS begins with the first octet; the other port offers STARTTLS. */
  readonly tlsPort: number;
  /** The certificate for `localhost` that it shows, PEM. */
  readonly ca: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #delivered = 0;

  private constructor(child: ChildProcess, folder: string, ports: { port: number; tlsPort: number }) {
    this.#child = child;
    this.#folder = folder;
    this.port = ports.port;
    this.tlsPort = ports.tlsPort;
    this.ca = readFileSync(join(folder, "cert.pem"), "utf8");
  }

  static async start(): Promise<DovecotServer> {
    const folder = mkdtempSync(join(tmpdir(), "calsync-dovecot-"));
    // Its processes of lesser rights pass through it.
    chmodSync(folder, 0o755);
    const port = await freePort();
    const tlsPort = await freePort();
    writeFileSync(join(folder, "conf"), configuration(folder, { port, tlsPort }));
    makeCertificate(folder);
    const child = spawn("dovecot", ["-F", "-c", join(folder, "conf")], {
      stdio: "ignore",
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` },
    });
    const server = new DovecotServer(child, folder, { port, tlsPort });
    await server.#untilReady();
    return server;
  }

  /** Puts a mail into a user's mailbox, as a mail server does (maildir). */
  deliver(user: string, content: string): void {
    const home = join(this.#folder, "mail", user);
    const name = `${Date.now()}.${this.#delivered++}.test`;
    for (const folder of ["", "tmp", "new", "cur"]) {
      mkdirSync(join(home, folder), { recursive: true });
      giveAway(join(home, folder));
    }
    writeFileSync(join(home, "tmp", name), content);
    giveAway(join(home, "tmp", name));
    renameSync(join(home, "tmp", name), join(home, "new", name));
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    // The master ends those that it has started.
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    const giveUpAt = performance.now() + START_MS;
    while (performance.now() < giveUpAt && this.#child.exitCode === null) {
      if (await greets(this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    let said = "";
    try {
      said = readFileSync(join(this.#folder, "log"), "utf8").slice(-500);
    } catch {
      // It did not come so far as to say anything.
    }
    throw new Error(`Dovecot did not start: ${said}`);
  }
}

function configuration(folder: string, ports: { port: number; tlsPort: number }): string {
  const { uid, gid, username } = userInfo();
  const root = uid === 0;
  for (const name of ["base", "mail"]) mkdirSync(join(folder, name));
  giveAway(join(folder, "mail"));
  // Without root's rights everything runs as who we are.
  const group = execFileSync("id", ["-gn"], { encoding: "utf8" }).trim();
  const users = root
    ? []
    : [
        `default_internal_user = ${username}`,
        `default_internal_group = ${group}`,
        `default_login_user = ${username}`,
      ];
  return [
    `base_dir = ${folder}/base`,
    `state_dir = ${folder}/base`,
    `log_path = ${folder}/log`,
    "protocols = imap",
    "listen = 127.0.0.1",
    "ssl = yes",
    `ssl_cert = <${folder}/cert.pem`,
    `ssl_key = <${folder}/key.pem`,
    "disable_plaintext_auth = no",
    "auth_failure_delay = 0",
    "first_valid_uid = 1",
    ...users,
    `mail_location = maildir:${folder}/mail/%n`,
    `passdb {\n driver = static\n args = password=${IMAP_PASSWORD}\n}`,
    `userdb {\n driver = static\n args = uid=${root ? NOBODY : uid} gid=${root ? NOBODY : gid} home=${folder}/mail/%n\n}`,
    "service imap-login {",
    " chroot =",
    ` inet_listener imap {\n  port = ${ports.port}\n }`,
    ` inet_listener imaps {\n  port = ${ports.tlsPort}\n  ssl = yes\n }`,
    "}",
    // Nobody is made to wait after a wrong password.
    "service anvil {\n chroot =\n unix_listener anvil-auth-penalty {\n  mode = 0\n }\n}",
    "service stats {\n chroot =\n}",
    "",
  ].join("\n");
}

/** As root, what belongs to mailboxes belongs to somebody else. */
function giveAway(path: string): void {
  if (userInfo().uid === 0) chownSync(path, NOBODY, NOBODY);
}

/** With openssl, which Dovecot's own package needs. */
function makeCertificate(folder: string): void {
  const options =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost";
  const files = [
    "-addext",
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-keyout",
    "key.pem",
    "-out",
    "cert.pem",
  ];
  execFileSync("openssl", [...options.split(" "), ...files], { cwd: folder, stdio: "ignore" });
}

/** Whether an IMAP server greets at a port. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("data", () => end(true));
    socket.once("error", () => end(false));
    socket.once("close", () => resolve(false));
  });
}
