/** Someone a mail is from or to; `name` is empty when the header gave none. */
export interface MailAddress {
  name: string;
  address: string;
}

/** A file or calendar part of a mail. */
export interface MailAttachment {
  /** Empty when the part has no name. */
  filename: string;
  /** Lower case, without parameters. */
  mimeType: string;
  /** The `method` parameter of a `text/calendar` part in upper case: REQUEST, CANCEL, … */
  method?: string;
  /** Length of the decoded content in bytes. */
  sizeBytes: number;
  /** The decoded content of a text part; other parts have `base64`. */
  text?: string;
  base64?: string;
}

/** A start or end as an invitation states it. */
export interface InvitationTime {
  /** `yyyy-mm-dd` of an all-day event. */
  date?: string;
  /** The instant, RFC 3339 in UTC; absent for an all-day or a floating time. */
  instant?: string;
  /** The local time as written, `yyyy-mm-ddThh:mm:ss`, without a zone. */
  local?: string;
  /** The zone as the sender wrote it; `UTC` for a time ending in Z, absent for a floating time. */
  timeZone?: string;
}

/** What the calendar part of a mail says about one event (RFC 5546). */
export interface Invitation {
  /** The `METHOD` of the calendar object, in upper case; empty when it has none. */
  method: string;
  uid: string;
  sequence: number;
  /** `STATUS` in upper case, when given. */
  status?: string;
  summary: string;
  location?: string;
  description?: string;
  start?: InvitationTime;
  end?: InvitationTime;
  /** Set when only one instance of a series is meant. */
  recurrenceId?: InvitationTime;
  /** The `RRULE` as written. */
  recurrenceRule?: string;
  organizer?: string;
  /** Addresses without `mailto:`, in lower case. */
  attendees: { address: string; status?: string }[];
}

/** A mail as it came in over SMTP, parsed. */
export interface Mail {
  /** Grows with each mail; also after a restart that kept the state. */
  id: string;
  from: MailAddress;
  to: MailAddress[];
  cc: MailAddress[];
  /** Who really gets it: the `RCPT TO` addresses in lower case, which include blind copies. */
  recipients: string[];
  subject: string;
  /** The `Date` header as RFC 3339, or the time of arrival when it is missing or unreadable. */
  date: string;
  /** When the server took it, RFC 3339. */
  receivedAt: string;
  /** `Message-ID` with its angle brackets; empty when missing. */
  messageId: string;
  inReplyTo?: string;
  /** Headers by lower-case name; a repeated header keeps its first value. */
  headers: Record<string, string>;
  text: string;
  html: string;
  attachments: MailAttachment[];
  /** One per `VEVENT` in the calendar parts; the same event repeated as alternative and attachment counts once. */
  invitations: Invitation[];
}

/** A mail in a list: without its content. */
export type MailSummary = Pick<Mail, "id" | "from" | "recipients" | "subject" | "date" | "receivedAt"> & {
  /** METHODs of its invitations, in order. */
  methods: string[];
};
