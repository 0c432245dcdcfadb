import type {
  CalendarCapabilities,
  CalendarService,
  NotificationRequest,
  ParsedNotification,
} from "@calsync/types";

/** How the engine reaches calendars without knowing any provider. The app's container implements it over app-store. */
export interface CalendarGateway {
  /** @throws CalendarError CREDENTIAL_INVALID when the account needs to be connected again. */
  serviceFor(credentialId: number): Promise<CalendarService>;
  /** Capabilities without loading the provider. @throws CalendarError INVALID_REQUEST for an unknown provider. */
  capabilitiesOf(provider: string): CalendarCapabilities;
  /** Reads a request at a provider's notification endpoint; null for an unknown provider. */
  parseNotification(provider: string, request: NotificationRequest): Promise<ParsedNotification | null>;
}
