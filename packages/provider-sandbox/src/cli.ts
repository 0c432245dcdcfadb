#!/usr/bin/env node
import { parseArgs } from "node:util";
import type { GoogleClientInput } from "./google/GoogleSandbox.ts";
import { startSandbox } from "./server.ts";

const HELP = `calsync-sandbox: simulated calendar providers on a loopback port

  --port <n>                  HTTP port (default 3010)
  --smtp-port <n>             also take mail over SMTP on this port
  --state <file>              keep the state in this JSON file
  --seed <demo|empty>         what a fresh state holds (default demo)
  --random-seed <n>           seed of faults and orders (default 1)
  --no-quota                  do not enforce the limits that the providers document
  --allow-http-callbacks      take http://localhost addresses for push channels
  --google-client <id:secret:redirect[,redirect]>   register an OAuth client; repeatable
  --notion-client <id:secret:redirect[,redirect]>   register a public Notion integration; repeatable
  --graph-port <n>            also serve Microsoft Graph over TLS on this port
  --graph-ca <file>           write the authority of its certificate to this file, for NODE_EXTRA_CA_CERTS of its clients
  --graph-app <id:secret:redirect[,redirect]>   register an app of the Microsoft identity platform; repeatable
  --allow-production          start although NODE_ENV is production
  --help                      show this text
`;

/** Reads `id:secret:redirect[,redirect]`; the redirect addresses hold colons themselves. */
function readClient(text: string, flag: string): GoogleClientInput {
  const match = /^([^:]+):([^:]+):(.+)$/.exec(text);
  if (!match) throw new Error(`${flag} needs id:secret:redirect, got "${text}".`);
  const [, clientId, clientSecret, redirects] = match as unknown as [string, string, string, string];
  return { clientId, clientSecret, redirectUris: redirects.split(",") };
}

function readPort(text: string, flag: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${flag} needs a port number, got "${text}".`);
  return port;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "3010" },
      "smtp-port": { type: "string" },
      state: { type: "string" },
      seed: { type: "string", default: "demo" },
      "random-seed": { type: "string", default: "1" },
      "no-quota": { type: "boolean", default: false },
      "allow-http-callbacks": { type: "boolean", default: false },
      "google-client": { type: "string", multiple: true, default: [] },
      "notion-client": { type: "string", multiple: true, default: [] },
      "graph-port": { type: "string" },
      "graph-ca": { type: "string" },
      "graph-app": { type: "string", multiple: true, default: [] },
      "allow-production": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.seed !== "demo" && values.seed !== "empty") throw new Error("--seed is demo or empty.");
  const sandbox = await startSandbox({
    port: readPort(values.port, "--port"),
    smtpPort: values["smtp-port"] === undefined ? false : readPort(values["smtp-port"], "--smtp-port"),
    ...(values.state === undefined ? {} : { statePath: values.state }),
    seed: values.seed,
    randomSeed: Number(values["random-seed"]),
    quota: values["no-quota"] ? "none" : "documented",
    allowHttpCallbacks: values["allow-http-callbacks"],
    googleClients: values["google-client"].map((text) => readClient(text, "--google-client")),
    graphPort: values["graph-port"] === undefined ? false : readPort(values["graph-port"], "--graph-port"),
    ...(values["graph-ca"] === undefined ? {} : { graphCaPath: values["graph-ca"] }),
    graphApps: values["graph-app"].map((text) => readClient(text, "--graph-app")),
    notionClients: values["notion-client"].map((text) => readClient(text, "--notion-client")),
    production: process.env.NODE_ENV === "production",
    allowProduction: values["allow-production"],
  });
  process.stdout.write(`The sandbox listens at ${sandbox.url}\n`);
  if (sandbox.graph.url) process.stdout.write(`Microsoft Graph is served at ${sandbox.graph.url}\n`);
  if (sandbox.mail?.port) process.stdout.write(`Mail is taken over SMTP at 127.0.0.1:${sandbox.mail.port}\n`);
  const stop = () => {
    sandbox.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`The sandbox did not close cleanly: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
