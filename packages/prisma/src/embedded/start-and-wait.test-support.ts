// A process of its own that starts the server of the folder in argv[2], tells its process id, and waits to be killed.
import { startEmbeddedPostgres } from "../embedded.ts";

const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", settings: { fsync: "off" } });
process.stdout.write(`${JSON.stringify({ pid: server.pid, owned: server.owned, port: server.port })}\n`);
setInterval(() => {}, 60_000);
