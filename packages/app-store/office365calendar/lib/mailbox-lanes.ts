/** Calls that Exchange answers at a time for one app and mailbox (throttling limits, 2026); a fifth is refused with 429. */
const LANES = 4;

interface Mailbox {
  running: number;
  waiting: (() => void)[];
}

const mailboxes = new Map<string, Mailbox>();

/**
 * Runs a call when fewer than four others of the same mailbox run in this process. Other processes are not counted: what they
 * take too much is refused by Exchange and repeated.
 */
export async function inLane<T>(account: string, call: () => Promise<T>): Promise<T> {
  const mailbox = mailboxes.get(account) ?? { running: 0, waiting: [] };
  mailboxes.set(account, mailbox);
  // Whoever ends a call hands the lane over, so that the count stays as it is.
  if (mailbox.running >= LANES) await new Promise<void>((resolve) => mailbox.waiting.push(resolve));
  else mailbox.running++;
  try {
    return await call();
  } finally {
    const next = mailbox.waiting.shift();
    if (next) next();
    else if (--mailbox.running === 0) mailboxes.delete(account);
  }
}
