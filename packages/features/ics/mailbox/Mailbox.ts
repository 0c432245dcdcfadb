/** A message of a mailbox. */
export interface MailboxMessage {
  /** Its number in the mailbox; later messages have higher ones. */
  uid: number;
  octets: number;
  /** When the server took it. */
  receivedAt: Date;
  /** The message as it came (RFC 5322); of one that is larger than allowed, the header alone. */
  content: Uint8Array;
  complete: boolean;
}

/** A mailbox while it is open. It is only read: nothing is deleted or moved. */
export interface OpenMailbox {
  /** Changes when the server has numbered the messages anew. */
  readonly validity: string;
  /** The number that the next message will have, or a higher one. */
  readonly nextUid: number;
  /** Numbers of messages after one, the lowest first. */
  uidsAfter(uid: number): Promise<number[]>;
  /** The same for messages that came since a time, by whole days. */
  uidsSince(since: Date): Promise<number[]>;
  /** @returns null when it is gone @throws MailboxError */
  read(uid: number, maxOctets: number): Promise<MailboxMessage | null>;
  /** Marks messages as read, for people who look at the mailbox. */
  markSeen(uids: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** Where the installation's mail arrives. */
export interface Mailbox {
  /** Names it without its secret: `user@host/folder`. */
  readonly name: string;
  /** @throws MailboxError */
  open(signal: AbortSignal): Promise<OpenMailbox>;
}

/** The mailbox cannot be read. The message is for operators and users; it holds no secret. */
export class MailboxError extends Error {
  override readonly name = "MailboxError";
}
