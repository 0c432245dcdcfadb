import type { IncomingMessage } from "node:http";

/**
 * Adds the address that a request came from to `X-Forwarded-For`, as every proxy does. Next.js sets this header only when it is
 * missing, so that a visitor could write an address of their own into it and escape the API's limits on attempts to sign in.
 */
export function recordPeer(request: Pick<IncomingMessage, "headers" | "socket">): void {
  const peer = request.socket.remoteAddress;
  if (!peer) return;
  const before = request.headers["x-forwarded-for"];
  const earlier = Array.isArray(before) ? before.join(", ") : before;
  request.headers["x-forwarded-for"] = earlier ? `${earlier}, ${peer}` : peer;
}
