import { CalendarError } from "@calsync/lib";
import type { CalendarProvider, ProviderMetadata } from "@calsync/types";
import { registry } from "./registry.generated.ts";

/** What is known of every provider, by slug in alphabetical order. Loads none of their code. */
export const providers: readonly ProviderMetadata[] = Object.values(registry).map(({ metadata }) => metadata);

/** Loads a provider by its slug. @throws CalendarError INVALID_REQUEST when there is none of this name. */
export async function loadProvider(slug: string): Promise<CalendarProvider> {
  const registered = Object.hasOwn(registry, slug) ? registry[slug] : undefined;
  if (!registered) {
    const known = Object.keys(registry).join(", ");
    throw new CalendarError(
      "INVALID_REQUEST",
      `there is no calendar provider "${slug}"; there are: ${known}`,
    );
  }
  return registered.load();
}
