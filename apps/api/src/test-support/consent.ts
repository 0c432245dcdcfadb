/** Goes through the simulated consent page. @returns where it sends the browser */
export async function consent(
  authorizationUrl: string,
  choice: { email: string; decision?: "allow" | "cancel"; scopes?: (offered: string[]) => string[] },
): Promise<URL> {
  const page = await (await fetch(authorizationUrl)).text();
  const request = /name="request" value="([^"]+)"/.exec(page)?.[1];
  if (!request) throw new Error(`there is no consent page at ${authorizationUrl}: ${page}`);
  const offered = [...page.matchAll(/name="scope" value="([^"]+)"/g)].map((match) => match[1] ?? "");
  const form = new URLSearchParams({ request, account: choice.email, decision: choice.decision ?? "allow" });
  for (const scope of choice.scopes?.(offered) ?? offered) form.append("scope", scope);
  const url = new URL("/o/oauth2/v2/auth/consent", authorizationUrl);
  const answer = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  return new URL(answer.headers.get("location") ?? "about:blank");
}

/** What the web app makes of an address under /api: the same path at the API. */
export function behindProxy(url: URL): string {
  return `${url.pathname.replace(/^\/api/, "")}${url.search}`;
}
