/** What we ask of a provider when a calendar is to be watched. */
export interface ChannelRequest {
  /** Our id of the subscription; unique for ever. */
  id: string;
  /** Public address that the provider is to call. */
  address: string;
  /** Shared secret, echoed in every notification. At most 128 characters. */
  secret: string;
  /** Wanted life in milliseconds; the provider may shorten it. */
  lifetimeMs: number | null;
}

/** One push channel as the provider has set it up. */
export interface Channel {
  /** The id under which notifications arrive. */
  providerSubscriptionId: string;
  /** The provider's id of what is watched, needed to stop the channel at some providers. */
  providerResourceId: string | null;
  calendarId: string;
  expiresAt: Date | null;
}

/** An HTTP request at a notification endpoint, reduced to what adapters may look at. Header names in lower case. */
export interface NotificationRequest {
  method: string;
  headers: Readonly<Record<string, string | undefined>>;
  query: Readonly<Record<string, string | undefined>>;
  /** The body as it came, byte for byte, for signatures. */
  body: Uint8Array;
}

/** What a notification is about: a change, the channel's own confirmation, or its life. */
export type NotificationKind = "change" | "confirmation" | "reauthorize" | "removed" | "missed";

/** What a provider has posted about one push channel. */
export interface ChannelNotification {
  providerSubscriptionId: string;
  /** The secret that came along, compared in constant time by the receiver; null when none came. */
  secret: string | null;
  kind: NotificationKind;
}

/** What to make of a request at a notification endpoint. Parsing is pure: no call, no clock. */
export type ParsedNotification =
  | { type: "handshake"; status: number; contentType: string; body: string }
  | { type: "notifications"; notifications: ChannelNotification[] }
  /**
   * From a provider that notifies an integration as a whole, not channel by channel. The parser has verified the signature. Each
   * id is the `providerResourceId` of the channels that stand for what has changed.
   */
  | { type: "resources"; resourceIds: string[] }
  /** A new endpoint introduces itself with the secret that signs everything from then on. An operator has to confirm it. */
  | { type: "introduction"; secret: string }
  | { type: "refused"; reason: string };
