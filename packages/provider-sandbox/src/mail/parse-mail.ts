import PostalMime, { type Address } from "postal-mime";
import { parseInvitations } from "./parse-invitation.ts";
import type { Invitation, Mail, MailAddress, MailAttachment } from "./types.ts";

/** What the SMTP conversation says about a mail, beside its content. */
export interface MailEnvelope {
  id: string;
  /** The `MAIL FROM` address; empty for a bounce. */
  sender: string;
  recipients: string[];
  /** RFC 3339. */
  receivedAt: string;
}

/**
 * Parses a mail.
 *
 * @param raw the message as transferred after `DATA`.
 * @throws when the MIME structure is beyond what postal-mime reads (nesting, header size).
 */
export async function parseMail(raw: Uint8Array, envelope: MailEnvelope): Promise<Mail> {
  const email = await PostalMime.parse(raw);
  const attachments = email.attachments.map(toAttachment);
  const headers: Record<string, string> = {};
  for (const { key, value } of email.headers) headers[key] ??= value;
  return {
    id: envelope.id,
    from: flatten(email.from ? [email.from] : [])[0] ?? { name: "", address: envelope.sender },
    to: flatten(email.to),
    cc: flatten(email.cc),
    recipients: envelope.recipients.map((address) => address.toLowerCase()),
    subject: email.subject ?? "",
    date: readDate(email.date) ?? envelope.receivedAt,
    receivedAt: envelope.receivedAt,
    messageId: email.messageId ?? "",
    ...(email.inReplyTo ? { inReplyTo: email.inReplyTo } : {}),
    headers,
    text: email.text ?? "",
    html: email.html ?? "",
    attachments,
    invitations: collectInvitations(attachments),
  };
}

function flatten(addresses: Address[] | undefined): MailAddress[] {
  return (addresses ?? []).flatMap((entry) => entry.group ?? [{ name: entry.name, address: entry.address }]);
}

function readDate(value: string | undefined): string | undefined {
  const date = value ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}

function toAttachment(
  part: Awaited<ReturnType<typeof PostalMime.parse>>["attachments"][number],
): MailAttachment {
  const bytes =
    typeof part.content === "string"
      ? Buffer.from(part.content, "utf8")
      : Buffer.from(new Uint8Array(part.content));
  const isText = part.mimeType.startsWith("text/") || part.mimeType === "application/ics";
  return {
    filename: part.filename ?? "",
    mimeType: part.mimeType,
    ...(part.method ? { method: part.method } : {}),
    sizeBytes: bytes.byteLength,
    ...(isText ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") }),
  };
}

/** Calendar mails carry the same object twice, for clients that read the alternative and for those that read the file. */
function collectInvitations(attachments: MailAttachment[]): Invitation[] {
  const found = new Map<string, Invitation>();
  for (const { mimeType, text } of attachments) {
    if (text === undefined || (mimeType !== "text/calendar" && mimeType !== "application/ics")) continue;
    for (const invitation of parseInvitations(text)) {
      const recurrence = invitation.recurrenceId;
      const key = [
        invitation.method,
        invitation.uid,
        invitation.sequence,
        recurrence?.instant ?? recurrence?.date ?? recurrence?.local,
      ].join("\n");
      if (!found.has(key)) found.set(key, invitation);
    }
  }
  return [...found.values()];
}
