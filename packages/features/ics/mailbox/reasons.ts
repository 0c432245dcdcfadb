/**
 * Why a mail of the inbox was not applied, and what a person can do about it. Closed: apps/web has a sentence for each. Those with
 * an import beside them wait as an import that its owner applies or discards.
 */
export const SET_ASIDE_REASONS = [
  /** It carries no calendar: somebody has written a letter. */
  "no-calendar",
  /** What it carries is packed in Outlook's own form (TNEF, `winmail.dat`), which is not unpacked. */
  "packed",
  /** Larger than the inbox takes. */
  "too-large",
  /** The mail, or the calendar in it, cannot be read. */
  "unreadable",
  /** It names nobody who has an account here. */
  "unknown-recipient",
  /** A calendar, but no message that asks, cancels or answers. */
  "no-invitation",
  /** An invitation that does not name the one whom it came to. */
  "not-invited",
  /** The sender is neither the organizer who invites nor the guest who answers. */
  "other-sender",
  /** The known appointment has another organizer. */
  "other-organizer",
  /** The mail server could not confirm that the sender's address is the sender's. */
  "not-authenticated",
  /** Parts of the calendar cannot be read. */
  "has-errors",
  /** An answer to no booking, or of nobody who is invited. */
  "answers-nothing",
  /** Taking it has failed several times. */
  "failed",
] as const;

/** Why a mail was set aside. */
export type SetAsideReason = (typeof SET_ASIDE_REASONS)[number];
