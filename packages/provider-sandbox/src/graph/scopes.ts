/** Delegated scopes of Microsoft Graph that the sandbox knows, with the sentence the consent page shows. */
export const GRAPH_SCOPES: Record<string, string> = {
  "Calendars.ReadBasic": "Read basic details of your calendars",
  "Calendars.Read": "Read your calendars",
  "Calendars.ReadWrite": "Have full access to your calendars",
  "Calendars.Read.Shared": "Read calendars you can access",
  "Calendars.ReadWrite.Shared": "Read and write to your and shared calendars",
  "MailboxSettings.Read": "Read your mailbox settings",
  "User.Read": "Sign you in and read your profile",
};

/** Scopes of OpenID Connect; they belong to no resource. */
const IDENTITY_SCOPES: Record<string, string> = {
  openid: "Sign you in",
  profile: "See your basic profile",
  email: "See your e-mail address",
  offline_access: "Maintain access to data you have given it access to",
};

/** Application permissions: roles that an administrator grants for every mailbox of a tenant. */
export const APPLICATION_ROLES = ["Calendars.Read", "Calendars.ReadWrite", "User.Read.All"];

/** The resource of scopes without one. */
export const GRAPH_RESOURCE = "https://graph.microsoft.com";

/** One scope of a request: which resource it is of, and its name there. OpenID Connect's have no resource. */
export interface ParsedScope {
  resource: string | null;
  name: string;
}

/** Splits a scope into resource and name. */
export function parseScope(scope: string): ParsedScope {
  if (scope in IDENTITY_SCOPES) return { resource: null, name: scope };
  const cut = scope.startsWith("https://") ? scope.lastIndexOf("/") : -1;
  if (cut < 0) return { resource: GRAPH_RESOURCE, name: scope };
  return { resource: scope.slice(0, cut).replace(/\/$/, ""), name: scope.slice(cut + 1) };
}

/** What the consent page says about a scope, or null for one that does not exist. */
export function describeScope(scope: string): string | null {
  const { resource, name } = parseScope(scope);
  if (resource === null) return IDENTITY_SCOPES[name] ?? null;
  // Another resource's scopes are its own business.
  if (resource !== GRAPH_RESOURCE) return scope;
  return GRAPH_SCOPES[name] ?? null;
}

/** The scopes of the first resource, and OpenID Connect's: a token is for one resource only. */
export function firstResourceScopes(scopes: readonly string[]): string[] {
  const first = scopes.map(parseScope).find(({ resource }) => resource !== null)?.resource ?? null;
  return scopes.filter((scope) => {
    const { resource } = parseScope(scope);
    return resource === null || resource === first;
  });
}

/** Names of the Graph scopes and roles among these. */
export function graphNames(scopes: readonly string[]): Set<string> {
  const parsed = scopes.map(parseScope).filter(({ resource }) => resource === GRAPH_RESOURCE);
  return new Set(parsed.map(({ name }) => name));
}

/** Scopes of which one is enough, per group of methods. */
export const NEEDED_SCOPES = {
  profile: ["User.Read", "User.Read.All"],
  mailboxSettings: ["MailboxSettings.Read"],
  readBasic: [
    "Calendars.ReadBasic",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Calendars.Read.Shared",
    "Calendars.ReadWrite.Shared",
  ],
  read: ["Calendars.Read", "Calendars.ReadWrite", "Calendars.Read.Shared", "Calendars.ReadWrite.Shared"],
  write: ["Calendars.ReadWrite", "Calendars.ReadWrite.Shared"],
  // .Shared scopes do not allow subscriptions.
  subscribe: ["Calendars.Read", "Calendars.ReadWrite"],
} as const;
