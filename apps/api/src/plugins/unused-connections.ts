import type { Socket } from "node:net";
import plugin from "fastify-plugin";

/**
 * Ends, when the server closes, the connections over which nothing was ever asked. Browsers open them ahead of need; Node.js
 * does not count them among the idle ones and would wait for a request until its `headersTimeout`, a minute.
 */
export const unusedConnectionsPlugin = plugin(
  async (app) => {
    const unused = new Set<Socket>();
    app.server.on("connection", (socket: Socket) => {
      unused.add(socket);
      socket.once("close", () => unused.delete(socket));
    });
    app.server.on("request", (request) => unused.delete(request.socket));
    app.addHook("preClose", async () => {
      for (const socket of unused) socket.destroy();
    });
  },
  { name: "calsync-unused-connections" },
);
