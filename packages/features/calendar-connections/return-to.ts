/**
 * Whether a page to come back to after consent is one of ours: a path of the web app, with query, and nothing that a
 * browser would read as another origin (`//evil.example`, `/\evil.example`, a scheme, control characters).
 */
export function isOwnPath(returnTo: string): boolean {
  if (returnTo.length > 500 || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(returnTo)) return false;
  const base = "https://app.invalid";
  return URL.canParse(returnTo, base) && new URL(returnTo, base).origin === base;
}
