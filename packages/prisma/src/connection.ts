import type { PoolConfig } from "pg";

/**
 * Settings for a `pg` connection to `url`. The session's time zone is UTC, and this is no matter of taste: Prisma's
 * adapter writes instants without an offset and ignores the offset that it reads, so that in any other zone every
 * timestamp would be wrong by that zone's offset. Options that the url itself carries are kept; the zone wins over them.
 * @param url a `postgresql://` connection string.
 * @throws Error when `url` is no such string; the message does not repeat it, because it holds a password.
 */
export function connectionConfig(url: string): PoolConfig {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new Error(
      "The database url cannot be read. It looks like postgresql://user:password@host:5432/database; special characters in the password are percent-encoded.",
      { cause },
    );
  }
  if (parsed.protocol !== "postgresql:" && parsed.protocol !== "postgres:") {
    throw new Error(`The database url begins with ${parsed.protocol}// and should begin with postgresql://.`);
  }
  // What pg reads from the string wins over what stands beside it, so the options go into the string.
  const own = parsed.searchParams.get("options");
  parsed.searchParams.set("options", `${own === null ? "" : `${own} `}-c TimeZone=UTC`);
  return {
    connectionString: parsed.href,
    // Without a limit a server that does not answer hangs its callers for good.
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  };
}
