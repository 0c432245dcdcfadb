import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { type SandboxOptions, startSandbox } from "../server.ts";
import { HOST } from "./test-support.ts";

async function servedSandbox(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ graphPort: 0, ...options });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** One GET over TLS; the answer's status, or the code of the error. */
function get(
  url: string,
  token: string,
  ca: string | readonly string[],
): Promise<{ status?: number; body?: string; code?: string }> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const call = request(url, { headers, agent: false, ca: [...[ca].flat()] }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    call.on("error", (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message }));
    call.end();
  });
}

test("Graph is served over TLS, to clients that trust its authority only, and a page's way past it takes no other token", async () => {
  const folder = await mkdtemp(join(tmpdir(), "calsync-sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const graphCaPath = join(folder, "deep", "ca.pem");
  const { graph, url } = await servedSandbox({ graphCaPath });
  graph.createAccount({ email: HOST });
  const { accessToken } = graph.issueToken({ email: HOST });
  const calendars = `${graph.url}/v1.0/me/calendars`;

  const ca = await readFile(graphCaPath, "utf8");
  expect(ca).toBe(graph.ca);
  expect((await get(calendars, accessToken, ca)).status).toBe(200);
  expect((await get(calendars.replace("localhost", "127.0.0.1"), accessToken, ca)).status).toBe(200);
  // The roots that Node.js brings, named here because other tests of this process may have added authorities. Where
  // one has, the server sends its own along (OpenSSL completes chains from its store), and the refusal names that.
  const refused = await get(calendars, accessToken, rootCertificates);
  expect(refused.status).toBeUndefined();
  expect(["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN"]).toContain(refused.code);

  const past = (token: string) =>
    fetch(`${url}/sandbox/graph/v1.0/me/calendars`, { headers: { authorization: `Bearer ${token}` } });
  expect((await past(accessToken)).status).toBe(403);
  expect((await past(graph.issuePageToken(HOST).accessToken)).status).toBe(200);
});

test("a restart keeps certificate, accounts, events, delta links, subscriptions' ids and tokens", async () => {
  const folder = await mkdtemp(join(tmpdir(), "calsync-sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const statePath = join(folder, "state.json");
  const first = await startSandbox({ graphPort: 0, statePath });
  first.graph.createAccount({ email: HOST });
  const { accessToken } = first.graph.issueToken({ email: HOST });
  const start = { dateTime: "2026-06-03T09:00:00", timeZone: "UTC" };
  const end = { dateTime: "2026-06-03T10:00:00", timeZone: "UTC" };
  const kept = first.graph.putEvent(HOST, "primary", { subject: "Kept", start, end });
  const window = "startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";
  const path = `/v1.0/me/calendarView/delta?${window}`;
  const begun = await get(first.graph.url + path, accessToken, first.graph.ca);
  const link = new URL(JSON.parse(begun.body ?? "{}")["@odata.deltaLink"]);
  await first.close();

  const second = await servedSandbox({ statePath });
  expect(second.graph.ca).toBe(first.graph.ca);
  expect(second.graph.event(HOST, kept.id as string).changeKey).toBe(kept.changeKey);
  second.graph.putEvent(HOST, "primary", { subject: "New", start, end });
  const round = await get(`${second.graph.url}${link.pathname}${link.search}`, accessToken, second.graph.ca);
  expect(JSON.parse(round.body ?? "{}").value).toMatchObject([{ subject: "New" }]);
});
