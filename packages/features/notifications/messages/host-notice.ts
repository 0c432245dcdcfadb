/** What can be told to a host, by kind. Details are plain JSON and are told as they were when the notice was queued. */
interface NoticeDetails {
  /** A provider no longer accepts an account: nothing is called with it until it is connected again. */
  "credential-invalid": { provider: string; account: string | null };
  /** A calendar has gone at its provider; its bookings stay. */
  "calendar-deleted": { provider: string; calendarName: string };
  /** One pull would change more bookings than the host's limit: it waits for an answer. */
  "mass-change": { provider: string; calendarName: string; cancelled: number; moved: number };
  /** Something was changed in a calendar that a person has to decide on; `question` is a sentence. */
  "sync-conflict": { bookingTitle: string; provider: string; calendarName: string; question: string };
  /** Something was done that the host may not expect (a move onto another booking); `news` is a sentence. */
  "sync-news": { bookingTitle: string; provider: string; calendarName: string; news: string };
  /** A webhook was switched off because its address kept failing. */
  "webhook-disabled": { url: string };
}

/** What hosts are told of. */
export type HostNoticeKind = keyof NoticeDetails;

/** One piece of news for one host. */
export type HostNotice = {
  [Kind in HostNoticeKind]: {
    kind: Kind;
    userId: number;
    /**
     * Names the incident, at most 200 characters: news of one kind and key is told to a host once, ever. So it holds what makes
     * this time different from the next (`credential:12:2026-03-02T09:00:00.000Z`).
     */
    key: string;
  } & NoticeDetails[Kind];
}[HostNoticeKind];

/** The details of one kind, as the outbox keeps them. */
export type DetailsOf<Kind extends HostNoticeKind> = NoticeDetails[Kind];

/**
 * How long news of a kind waits for more of it, in milliseconds: what has come by then is told in one mail. An account that
 * ended is one incident; conflicts come in flocks.
 */
export const NOTICE_SETTLE_MS: Readonly<Record<HostNoticeKind, number>> = {
  "credential-invalid": 0,
  "calendar-deleted": 10_000,
  "mass-change": 10_000,
  "sync-conflict": 30_000,
  "sync-news": 60_000,
  "webhook-disabled": 10_000,
};
