import type { CalendarProvider, ProviderMetadata } from "@calsync/types";

/** How this feature reaches calendar providers without importing any. The app's container implements it. */
export interface ConnectionProviders {
  /** Every provider that this installation ships, configured or not, in the order in which people see them. */
  list(): readonly ProviderMetadata[];
  /** Loads the code of a provider that {@link list} holds. */
  loadProvider(slug: string): Promise<CalendarProvider>;
  /** The provider's settings (client id, base URLs); null when the operator has not configured it. */
  settings(slug: string): unknown | null;
}
