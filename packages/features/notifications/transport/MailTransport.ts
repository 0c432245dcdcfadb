/** A mail as it is handed to whatever delivers it. */
export interface MailMessage {
  /** With angle brackets. The same for each try to send one mail, so that receivers recognise a repeat. */
  messageId: string;
  /** Message ids of what this belongs to, so that mail clients show one conversation per booking. */
  references: string;
  to: { name: string; address: string };
  replyTo: { name: string; address: string } | null;
  subject: string;
  text: string;
  html: string;
  /** An iTIP message: goes along as an alternative that calendars read, and as a file. Null for mails that are about no appointment. */
  invitation: { method: "REQUEST" | "CANCEL"; content: string } | null;
}

/** Delivers mails. The sender's address is the transport's own setting. */
export interface MailTransport {
  /**
   * Hands one mail over. Resolves once it was accepted for delivery.
   * @throws MailDeliveryError
   */
  send(message: MailMessage): Promise<void>;
}

/** A mail that was not accepted. The message holds no address and no content. */
export class MailDeliveryError extends Error {
  override readonly name = "MailDeliveryError";
  /** Whether trying again is of no use: the recipient or the message was refused for good (SMTP 5yz). */
  readonly permanent: boolean;

  constructor(message: string, options: { permanent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.permanent = options.permanent;
  }
}
