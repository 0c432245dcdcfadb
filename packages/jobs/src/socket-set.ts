import { Socket } from "node:net";

/**
 * The sockets of a set of database connections, so that they can be cut at once when the other side no longer answers and an
 * orderly end would wait for ever.
 */
export class SocketSet {
  readonly #sockets = new Set<Socket>();

  /** Makes an unconnected socket; for `stream` of a pg client or pool. */
  readonly open = (): Socket => {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  };

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
