import { buildApp } from "./app.ts";
import { createContainer } from "./container.ts";
import { readEnv, stopOnSignals } from "./entrypoint.ts";

/** Requests that are under way get this long to end when the process is to stop. */
const REQUEST_LIMIT_MS = 5_000;

/** The API server's process. */
const env = readEnv();
const container = createContainer(env, { name: "api" });
const app = await buildApp(container);
stopOnSignals(container.log, async () => {
  setTimeout(() => app.server.closeAllConnections(), REQUEST_LIMIT_MS).unref();
  await app.close();
  await container.close();
});
try {
  await app.listen({ host: env.API_HOST, port: env.API_PORT });
} catch (error) {
  container.log.fatal(
    { err: error, host: env.API_HOST, port: env.API_PORT },
    "the API cannot listen; is the port taken (API_PORT)?",
  );
  await app.close();
  await container.close();
  process.exitCode = 1;
}
