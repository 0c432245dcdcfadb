import { type Mailbox, MailboxError, type OpenMailbox } from "@calsync/ics";

/** A mailbox in memory, for what does not need a real server. */
export interface MemoryMailbox extends Mailbox {
  /** @returns the message's number */
  deliver(content: string | Uint8Array): number;
  /** Numbers of messages that were marked as read. */
  readonly seen: number[];
  /** Numbers all messages anew, as a server does that was restored. */
  renumber(): void;
  /** Opening it fails with this for as long as it is set. */
  broken: string | null;
}

/** @param now when messages arrive */
export function memoryMailbox(now: () => Date = () => new Date()): MemoryMailbox {
  let validity = 1;
  let messages: { uid: number; receivedAt: Date; content: Uint8Array }[] = [];
  let nextUid = 1;
  const seen: number[] = [];
  return {
    name: "inbox@memory/INBOX",
    seen,
    broken: null,
    deliver(content) {
      const uid = nextUid++;
      messages.push({
        uid,
        receivedAt: now(),
        content: typeof content === "string" ? Buffer.from(content) : content,
      });
      return uid;
    },
    renumber() {
      validity += 1;
      messages = messages.map((one, index) => ({ ...one, uid: index + 1 }));
      nextUid = messages.length + 1;
    },
    async open(): Promise<OpenMailbox> {
      if (this.broken !== null) throw new MailboxError(this.broken);
      const uids = (wanted: (one: (typeof messages)[number]) => boolean) =>
        messages.filter(wanted).map(({ uid }) => uid);
      return {
        validity: String(validity),
        nextUid,
        uidsAfter: async (uid) => uids((one) => one.uid > uid),
        uidsSince: async (since) => uids((one) => one.receivedAt >= since),
        async read(uid, maxOctets) {
          const found = messages.find((one) => one.uid === uid);
          if (!found) return null;
          const octets = found.content.length;
          const complete = octets <= maxOctets;
          const header = Buffer.from(found.content).toString("latin1").split("\r\n\r\n")[0] ?? "";
          return {
            ...found,
            octets,
            complete,
            content: complete ? found.content : Buffer.from(header, "latin1"),
          };
        },
        markSeen: async (marked) => void seen.push(...marked),
        close: async () => {},
      };
    },
  };
}
