import { createHash } from "node:crypto";
import PostalMime, { addressParser, type Email } from "postal-mime";

/** A mail as the inbox needs it. Addresses are in lower case. */
export interface ReadMail {
  messageId: string | null;
  /** The one address in From; null when there is none, or more than one. */
  from: string | null;
  subject: string;
  /** Everybody whom its headers name as a recipient, the one that it was delivered to among them. */
  recipients: string[];
  /** Authentication-Results headers. */
  authentication: string[];
  /** The calendars that it carries, each once. */
  calendars: Uint8Array[];
  /** It has a part in Outlook's own form (TNEF), in which a calendar may be packed. */
  packed: boolean;
}

/** Headers that name recipients; those with X- and Delivered-To are what servers and forwarding rules write. */
const RECIPIENT_HEADERS = new Set([
  "delivered-to",
  "envelope-to",
  "x-original-to",
  "x-delivered-to",
  "x-forwarded-to",
  "x-forwarded-for",
  "resent-to",
  "to",
  "cc",
]);
const MAX_RECIPIENTS = 200;
const MAX_CALENDARS = 10;
const MAX_SUBJECT = 200;
const MAX_PARTS_DEEP = 30;
const MAX_HEADER_OCTETS = 256 * 1024;

/** Reads a mail. @throws when it is none that can be read: parts nested too deeply, endless headers */
export async function readMail(content: Uint8Array): Promise<ReadMail> {
  const mail = await PostalMime.parse(content, {
    attachmentEncoding: "arraybuffer",
    maxNestingDepth: MAX_PARTS_DEEP,
    maxHeadersSize: MAX_HEADER_OCTETS,
    maxRfc822NestingDepth: 3,
  });
  const headers = (wanted: (key: string) => boolean) =>
    mail.headers.filter(({ key }) => wanted(key)).map(({ value }) => value);
  const senders = headers((key) => key === "from").flatMap(addressesOf);
  const recipients = headers((key) => RECIPIENT_HEADERS.has(key)).flatMap(addressesOf);
  return {
    messageId: clean(mail.messageId ?? "", 500) || null,
    from: senders.length === 1 ? (senders[0] ?? null) : null,
    subject: clean(mail.subject ?? "", MAX_SUBJECT),
    recipients: [...new Set(recipients)].slice(0, MAX_RECIPIENTS),
    authentication: headers((key) => key === "authentication-results"),
    calendars: calendarsOf(mail),
    packed: mail.attachments.some(
      ({ mimeType, filename }) =>
        /^application\/(vnd\.)?ms-tnef$/i.test(mimeType) || /^winmail\.dat$/i.test(filename ?? ""),
    ),
  };
}

/** Text parts that calendars read come first; most senders repeat them as a file (RFC 6047 §2.4). */
function calendarsOf({ attachments }: Email): Uint8Array[] {
  const inText = attachments.filter(({ mimeType }) => mimeType === "text/calendar");
  const chosen =
    inText.length > 0
      ? inText
      : attachments.filter(
          ({ mimeType, filename }) => mimeType === "application/ics" || /\.(ics|ical)$/i.test(filename ?? ""),
        );
  const once = new Map<string, Uint8Array>();
  for (const { content } of chosen) {
    const bytes = typeof content === "string" ? Buffer.from(content) : new Uint8Array(content);
    // Transports change line ends.
    const text = Buffer.from(bytes).toString("latin1").replace(/\r\n?/g, "\n").trimEnd();
    const key = createHash("sha256").update(text).digest("base64");
    if (!once.has(key)) once.set(key, bytes);
  }
  return [...once.values()].slice(0, MAX_CALENDARS);
}

function addressesOf(value: string): string[] {
  return addressParser(value, { flatten: true }).flatMap(({ address }) =>
    address?.includes("@") ? [clean(address, 320).toLowerCase()] : [],
  );
}

function clean(text: string, maxLength: number): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, maxLength)
    .toWellFormed();
}
