import { createTransport } from "nodemailer";
import { MailDeliveryError, type MailMessage, type MailTransport } from "./MailTransport.ts";

/** How mails are sent. */
export interface SmtpTransportOptions {
  /** `smtp://user:password@host:port` or `smtps://…`. */
  url: string;
  /** The sender: `calsync <no-reply@example.com>`. */
  from: string;
  /** Longest silence of the server before a try fails; default 10 s. */
  timeoutMs?: number;
}

/** Errors of nodemailer that are about this one mail, not about the connection or our login. */
const REFUSALS_OF_THE_MAIL = new Set(["EENVELOPE", "EMESSAGE"]);

/** Sends mails over SMTP, one connection per mail. */
export function createSmtpTransport({ url, from, timeoutMs = 10_000 }: SmtpTransportOptions): MailTransport {
  const mailer = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    async send(message: MailMessage): Promise<void> {
      try {
        await mailer.sendMail({
          from,
          to: message.to,
          ...(message.replyTo ? { replyTo: message.replyTo } : {}),
          subject: message.subject,
          messageId: message.messageId,
          references: message.references,
          // RFC 3834 §5: no out-of-office answers, please.
          headers: { "Auto-Submitted": "auto-generated" },
          text: message.text,
          html: message.html,
          ...(message.invitation ? { icalEvent: icalEventOf(message.invitation) } : {}),
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (error) {
        throw deliveryError(error);
      }
    },
  };
}

/** Both a text/calendar alternative with the method (RFC 6047 §2.4) and a file. */
function icalEventOf({ method, content }: NonNullable<MailMessage["invitation"]>) {
  return { method, filename: method === "CANCEL" ? "cancel.ics" : "invite.ics", content };
}

function deliveryError(error: unknown): MailDeliveryError {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const status = typeof responseCode === "number" ? responseCode : null;
  const permanent =
    typeof code === "string" &&
    REFUSALS_OF_THE_MAIL.has(code) &&
    (status === null || (status >= 500 && status < 600));
  const said = status === null ? `${code ?? "no answer"}` : `SMTP ${status}`;
  const message = permanent
    ? `The mail server refuses this mail for good (${said}).`
    : `The mail server did not take the mail (${said}).`;
  return new MailDeliveryError(message, { permanent, cause: error });
}
