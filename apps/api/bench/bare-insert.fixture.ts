import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import pg from "pg";

/* The least that a route with a database can be: one INSERT, then the answer. The notification route is measured against it. */
const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 10 });
await pool.query(
  "CREATE TABLE bench_notification (id bigint GENERATED ALWAYS AS IDENTITY, channel text NOT NULL)",
);
const app = Fastify();
app.post("/bare", async (request, reply) => {
  const channel = request.headers["x-goog-channel-id"];
  await pool.query("INSERT INTO bench_notification (channel) VALUES ($1)", [channel]);
  return reply.code(204).send();
});
await app.listen({ host: "127.0.0.1", port: 0 });
process.once("disconnect", () => process.exit());
process.send?.((app.server.address() as AddressInfo).port);
