import { AppError } from "@calsync/lib";
import type { CalendarProvider, ProviderMetadata } from "@calsync/types";
import type { ConnectionServiceOptions } from "./dependencies.ts";

/** Loads a provider that this installation ships. @throws AppError `provider_not_found` */
export async function providerOf(
  { providers }: ConnectionServiceOptions,
  slug: string,
): Promise<CalendarProvider> {
  if (providers.list().some((known) => known.slug === slug)) return providers.loadProvider(slug);
  throw new AppError("not-found", "provider_not_found", `There is no calendar provider called "${slug}".`, {
    hint: "GET /v1/providers lists them.",
  });
}

/** The provider's settings on this installation. @throws AppError `provider_not_configured` */
export function settingsOf(
  { providers }: ConnectionServiceOptions,
  { slug, name }: ProviderMetadata,
): unknown {
  const settings = providers.settings(slug);
  if (settings !== null) return settings;
  throw new AppError(
    "unavailable",
    "provider_not_configured",
    `${name} is not set up on this installation.`,
    {
      hint: "An operator has to configure its client id and secret.",
    },
  );
}
