/**
 * What the mail server that took a mail found out about its sender, in Authentication-Results (RFC 8601). `pass`: the address in
 * From is the sender's, by DMARC, or by DKIM or SPF of the same domain.
 */
export type Authentication = "pass" | "fail" | "unknown";

/**
 * @param headers the values of all Authentication-Results headers
 * @param domain of the address in From, in lower case
 * @param authority the name under which our own mail server writes the header. Anybody can write it into a mail, so that others
 *   count only where they speak against the sender. Null: there is no such name, and nothing can be confirmed
 */
export function authenticationOf(
  headers: readonly string[],
  domain: string,
  authority: string | null,
): Authentication {
  const found = headers.map(readResults);
  const own = found
    .filter((one) => one.authority === authority?.toLowerCase())
    .flatMap(({ results }) => results);
  if (own.some((result) => confirms(result, domain))) return "pass";
  const refused = found
    .flatMap(({ results }) => results)
    .some(({ method, result }) => method === "dmarc" && result === "fail");
  return refused ? "fail" : "unknown";
}

interface AuthenticationResult {
  method: string;
  result: string;
  /** `header.d`, `smtp.mailfrom` and the like. */
  properties: Map<string, string>;
}

function confirms({ method, result, properties }: AuthenticationResult, domain: string): boolean {
  if (result !== "pass") return false;
  const named = (property: string) => domainOf(properties.get(property) ?? "");
  if (method === "dmarc") return named("header.from") === domain;
  if (method === "dkim") return aligned(named("header.d") || named("header.i"), domain);
  return method === "spf" && aligned(named("smtp.mailfrom"), domain);
}

/** The same domain, or one below the other (RFC 7489 §3.1, without its list of public suffixes: nobody signs for one). */
function aligned(a: string, b: string): boolean {
  if (!a.includes(".") || !b.includes(".")) return a !== "" && a === b;
  return a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);
}

function readResults(header: string): { authority: string; results: AuthenticationResult[] } {
  const [first = "", ...rest] = withoutComments(header).split(";");
  const results = rest.flatMap((text): AuthenticationResult[] => {
    const [head, ...words] = text.trim().split(/\s+/);
    const [method, result] = (head ?? "").toLowerCase().split("=");
    if (!method || !result) return [];
    const properties = words.map((word): [string, string] => {
      const at = word.indexOf("=");
      return [
        word.slice(0, at).toLowerCase(),
        word
          .slice(at + 1)
          .replaceAll('"', "")
          .toLowerCase(),
      ];
    });
    return [{ method: method.split("/")[0] ?? "", result, properties: new Map(properties) }];
  });
  return { authority: first.trim().split(/\s+/)[0]?.toLowerCase() ?? "", results };
}

/** Comments stand in parentheses, which nest, and may hold semicolons (RFC 5322 §3.2.2). */
function withoutComments(text: string): string {
  let depth = 0;
  let kept = "";
  for (let index = 0; index < text.length; index++) {
    const sign = text[index];
    if (sign === "\\") index += 1;
    else if (sign === "(") depth += 1;
    else if (sign === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0) kept += sign;
  }
  return kept;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}
