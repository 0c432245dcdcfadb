import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { ApiProblem, problemOf, unreachable } from "./problem.ts";
import { readSettings } from "./settings.ts";
import type { User } from "./types.ts";

/** The cookie in which the API keeps a session. */
const SESSION_COOKIE = "calsync_session";
/** A page waits this long for the API before it says that it cannot be reached. */
const TIMEOUT_MS = 15_000;

/**
 * Reads from the API on behalf of the visitor: their session goes along. Once per page for each path.
 * @param path such as `/v1/bookings?status=past`
 * @throws ApiProblem for every answer that is not ok, and for no answer
 */
export const readApi = cache(async <T>(path: `/v1/${string}`): Promise<T> => {
  const session = (await cookies()).get(SESSION_COOKIE);
  const forwardedFor = (await headers()).get("x-forwarded-for");
  let response: Response;
  try {
    response = await fetch(`${readSettings().API_URL}${path}`, {
      headers: {
        accept: "application/json",
        ...(session ? { cookie: `${SESSION_COOKIE}=${session.value}` } : {}),
        ...(forwardedFor ? { "x-forwarded-for": forwardedFor } : {}),
      },
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw unreachable(error);
  }
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}) as <T>(path: `/v1/${string}`) => Promise<T>;

/** Like {@link readApi}; shows the page "not found" when the API knows no such thing. */
export async function readApiOr404<T>(path: `/v1/${string}`): Promise<T> {
  try {
    return await readApi<T>(path);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) notFound();
    throw error;
  }
}

/** The signed-in user; null for strangers. @throws ApiProblem when the API cannot tell */
export const findUser = cache(async (): Promise<User | null> => {
  if (!(await cookies()).has(SESSION_COOKIE)) return null;
  try {
    return (await readApi<{ user: User }>("/v1/me")).user;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
});

/** The signed-in user; strangers are sent to sign in and come back to `here`. */
export async function requireUser(here: string): Promise<User> {
  const user = await findUser();
  if (!user) redirect(`/login?returnTo=${encodeURIComponent(here)}`);
  return user;
}
