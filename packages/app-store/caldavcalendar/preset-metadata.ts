import type { CallLimits, ConnectionField, ConnectionForm, ProviderMetadata } from "@calsync/types";
import { metadata } from "./metadata.ts";

const [serverUrl, username, password] = metadata.form?.fields ?? [];

/** What people see of one sort of CalDAV account; the rest is as with every CalDAV server. */
export interface PresetDescription {
  slug: string;
  name: string;
  website: string;
  /** How to get an app password. */
  help: string;
  links: ConnectionForm["links"];
  limits?: CallLimits;
  /** How its user name is called; CalDAV's words where left out. */
  username?: Partial<ConnectionField>;
  password?: Partial<ConnectionField>;
  /** Left out where all accounts have one server. */
  serverUrl?: Partial<ConnectionField>;
}

/** The metadata of a provider that is CalDAV with a few things known. */
export function presetMetadata(preset: PresetDescription): ProviderMetadata {
  const { slug, name, website, help, links } = preset;
  if (!serverUrl || !username || !password) throw new Error("CalDAV's form has lost a field");
  return {
    ...metadata,
    // None of these servers says how much it takes at once.
    capabilities: { ...metadata.capabilities, writesAtOnce: 1 },
    slug,
    name,
    website,
    ...(preset.limits ? { limits: preset.limits } : {}),
    form: {
      help,
      fields: [
        ...(preset.serverUrl ? [{ ...serverUrl, ...preset.serverUrl }] : []),
        { ...username, ...preset.username },
        { ...password, ...preset.password },
      ],
      links,
    },
  };
}
