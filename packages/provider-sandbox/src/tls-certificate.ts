import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate for loopback names with its key, and the authority that a client is to trust; all PEM. */
export interface LoopbackCertificate {
  ca: string;
  cert: string;
  key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;
const LIFETIME_MS = 825 * DAY_MS;
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

/**
 * Makes an authority and with it a certificate for `localhost` and `127.0.0.1`. The authority's key is thrown away: nobody
 * can make another certificate that its clients would trust.
 * @param nowMs the machine's time, also where the sandbox' own clock runs elsewhere: TLS checks against the machine's
 */
export async function makeLoopbackCertificate(nowMs: number): Promise<LoopbackCertificate> {
  const makeKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const [authorityKeys, keys] = await Promise.all([makeKeys(), makeKeys()]);
  const shared = {
    // A clock that is a little behind must not refuse it.
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + LIFETIME_MS),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...shared,
    serialNumber: "01",
    name: "CN=calsync sandbox authority",
    keys: authorityKeys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const certificate = await X509CertificateGenerator.create({
    ...shared,
    serialNumber: "02",
    subject: "CN=localhost",
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false),
      new SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
      new ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
    ],
  });
  return {
    ca: authority.toString("pem"),
    cert: certificate.toString("pem"),
    key: PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
  };
}

/** True while a kept certificate is good for another month: clients that trust its authority can go on. */
export function isStillGood(kept: LoopbackCertificate, nowMs: number): boolean {
  return new X509Certificate(kept.cert).notAfter.getTime() - nowMs > 30 * DAY_MS;
}
