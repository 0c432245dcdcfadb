import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { LoopbackCertificate } from "./tls-certificate.ts";

let ofThisProcess: Promise<LoopbackCertificate> | undefined;

/**
 * The certificate to serve with: the kept one while it is good, otherwise one that all sandboxes of this process share.
 * @param nowMs the machine's time
 */
export async function loopbackCertificate(
  kept: LoopbackCertificate | undefined,
  nowMs: number,
): Promise<LoopbackCertificate> {
  // The library takes a third of a second to load: only who serves over TLS waits for it.
  const { isStillGood, makeLoopbackCertificate } = await import("./tls-certificate.ts");
  if (kept && isStillGood(kept, nowMs)) return kept;
  ofThisProcess ??= makeLoopbackCertificate(nowMs);
  return ofThisProcess;
}

/** Writes the authority as a file for `NODE_EXTRA_CA_CERTS`. */
export async function writeAuthority(path: string, { ca }: LoopbackCertificate): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ca);
}

/**
 * Lets this process trust an authority beside those it trusts already, for `fetch` and `node:https` alike. Other
 * processes are started with `NODE_EXTRA_CA_CERTS` instead. Verification stays on.
 * @param ca PEM
 */
export function trustAuthority(ca: string): void {
  const trusted = getCACertificates("default");
  const has = trusted.some((one) => one.trim() === ca.trim());
  if (!has) setDefaultCACertificates([...trusted, ca]);
}
