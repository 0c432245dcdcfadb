const BOOKING_PATH = /^\/booking\/([0-9a-f-]{36})$/;

/**
 * The stream that a page follows: a guest's own booking when the address holds its token, else everything of the signed-in host.
 * @returns null when nothing can be followed
 */
export function streamUrlOf(pathname: string, token: string | null, signedIn: boolean): string | null {
  const uid = BOOKING_PATH.exec(pathname)?.[1];
  if (uid && token) return `/api/v1/stream?${new URLSearchParams({ booking: uid, token })}`;
  return signedIn ? "/api/v1/stream" : null;
}
