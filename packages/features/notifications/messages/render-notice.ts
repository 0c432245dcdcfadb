import type { DetailsOf, HostNoticeKind } from "./host-notice.ts";
import { type MailPage, oneLine, type RenderedMessage, renderPage } from "./mail-page.ts";

/** Longer lists are cut: the page behind the link has all of it. */
const MAX_ROWS = 20;

/** The news of one mail. */
export interface NoticeInput<Kind extends HostNoticeKind> {
  kind: Kind;
  /** One or more, the oldest first. */
  notices: readonly DetailsOf<Kind>[];
  /** The host's name. */
  name: string;
  /** The page on which the host can do something about it. */
  url: string;
  /** A provider's name for people. */
  providerName(provider: string): string;
}

type Page = Omit<MailPage, "name" | "link"> & { linkText: string };
type Writers = { [Kind in HostNoticeKind]: (input: NoticeInput<Kind>) => Page };

/** Writes one mail that tells all notices of one kind. */
export function renderNotice<Kind extends HostNoticeKind>(input: NoticeInput<Kind>): RenderedMessage {
  const write: (input: NoticeInput<Kind>) => Page = WRITERS[input.kind];
  const { rows, linkText, ...page } = write(input);
  const left = rows.length - MAX_ROWS;
  const shown = left > 0 ? [...rows.slice(0, MAX_ROWS), ["And", `${left} more`] as const] : rows;
  return renderPage({ ...page, rows: shown, name: input.name, link: { text: linkText, url: input.url } });
}

const WRITERS: Writers = {
  "credential-invalid": ({ notices, providerName }) => {
    const accounts = notices.map(({ provider, account }) => accountName(providerName(provider), account));
    const several = accounts.length > 1;
    return {
      subject: several
        ? `${accounts.length} accounts need to be connected again`
        : `Your ${accounts[0]} needs to be connected again`,
      lead:
        `${several ? "The connections to these accounts have" : `The connection to your ${accounts[0]} has`} ended, so bookings ` +
        "and calendars are not kept equal for now. Nothing is lost: once you connect again, both sides catch up.",
      rows: several ? accounts.map((account) => ["Account", account]) : [],
      linkText: "Connect again",
    };
  },
  "calendar-deleted": ({ notices, providerName }) => ({
    subject:
      notices.length > 1
        ? `${notices.length} calendars are gone`
        : `Your calendar “${oneLine(notices[0]?.calendarName ?? "")}” is gone`,
    lead:
      "It was deleted, or is no longer shared with your account. Your bookings stay as they are. If it comes back, both sides " +
      "catch up by themselves; otherwise choose another calendar.",
    rows: notices.map(calendarRow(providerName)),
    linkText: "See your calendars",
  }),
  "mass-change": ({ notices, providerName }) => ({
    subject: "Many bookings would change: is that right?",
    lead:
      "More bookings than your limit were moved or deleted in your calendar at one time. Nothing was done yet. Confirm the " +
      "changes, or have the calendar put back as your bookings say.",
    rows: notices.map(({ provider, calendarName, cancelled, moved }) => [
      `${oneLine(calendarName)} (${providerName(provider)})`,
      `${cancelled} cancelled, ${moved} moved`,
    ]),
    linkText: "Decide",
  }),
  "sync-conflict": ({ notices, providerName }) => ({
    subject:
      notices.length > 1
        ? `${notices.length} bookings need your decision`
        : `“${oneLine(notices[0]?.bookingTitle ?? "")}” needs your decision`,
    lead: "Your booking and your calendar do not agree. Nothing was overwritten; please say what is right.",
    rows: notices.map((notice) => [titleOf(notice, providerName), notice.question]),
    linkText: "Decide",
  }),
  "sync-news": ({ notices, providerName }) => ({
    subject:
      notices.length > 1
        ? `${notices.length} changes that you may want to look at`
        : `“${oneLine(notices[0]?.bookingTitle ?? "")}” was changed in your calendar`,
    lead: "This was done as your preferences say. See what happened, and take back what you want otherwise.",
    rows: notices.map((notice) => [titleOf(notice, providerName), notice.news]),
    linkText: "See what happened",
  }),
  "webhook-disabled": ({ notices }) => ({
    subject:
      notices.length > 1 ? `${notices.length} webhooks were switched off` : "A webhook was switched off",
    lead: "Its address has failed for a long time. Mend it and switch the webhook on again; what it missed can be sent again.",
    rows: notices.map(({ url }) => ["Address", url]),
    linkText: "See your webhooks",
  }),
};

function accountName(provider: string, account: string | null): string {
  return account ? `${provider} account (${oneLine(account)})` : `${provider} account`;
}

function calendarRow(providerName: (provider: string) => string) {
  return ({ provider, calendarName }: { provider: string; calendarName: string }) =>
    [providerName(provider), oneLine(calendarName)] as const;
}

function titleOf(
  { bookingTitle, calendarName, provider }: DetailsOf<"sync-conflict" | "sync-news">,
  providerName: (provider: string) => string,
): string {
  return `${oneLine(bookingTitle)} (${oneLine(calendarName)}, ${providerName(provider)})`;
}
