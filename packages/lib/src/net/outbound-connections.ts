import { Agent as PlainAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";

/** How long a connection that nobody uses is kept, in milliseconds. Servers close theirs later, so that ours is the first to go. */
const IDLE_MS = 1_000;

/**
 * Connections that are kept between requests to one user's server. Each was made through a guard, to an address that it had checked,
 * and is used again for the same host and port only: so every request that shares these has to come with the same guard.
 */
export class OutboundConnections {
  readonly plain: PlainAgent;
  readonly secure: SecureAgent;

  /** @param max how many at once to one host; further requests wait for one that is free */
  constructor(max: number) {
    const options = { keepAlive: true, timeout: IDLE_MS, maxSockets: max };
    this.plain = new PlainAgent(options);
    this.secure = new SecureAgent(options);
  }
}
