import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { OutboundConnections } from "./outbound-connections.ts";
import { createOutboundGuard } from "./outbound-guard.ts";
import { type OutboundRequest, outboundRequest } from "./outbound-request.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(
  listener: RequestListener,
  host = "127.0.0.1",
): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

const request = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url,
  timeoutMs: 2_000,
  maxResponseBytes: 1_000,
  ...more,
});
const text = (body: Uint8Array) => Buffer.from(body).toString();

describe("the guard", () => {
  const guard = createOutboundGuard();

  it.each([
    ["ftp://example.com/", "bad-url"],
    ["nonsense", "bad-url"],
    ["https://user:secret@example.com/", "bad-url"],
    ["http://example.com/", "not-https"],
    ["https://127.0.0.1/", "private-address"],
    ["https://2130706433/", "private-address"],
    ["https://0x7f.1/", "private-address"],
    ["https://0177.0.0.1/", "private-address"],
    ["https://127.1/", "private-address"],
    ["https://169.254.169.254/latest/meta-data/", "private-address"],
    ["https://[::1]/", "private-address"],
    ["https://[::ffff:10.0.0.1]/", "private-address"],
    ["https://[fd00::1]/", "private-address"],
    ["https://１２７.0.0.1/", "private-address"],
  ])("refuses %s before anybody is asked", (url, code) => {
    expect(() => guard.check(url)).toThrow(expect.objectContaining({ code }));
  });

  it("lets https addresses by name or public number pass", () => {
    expect(guard.check("https://example.com/hook").href).toBe("https://example.com/hook");
    expect(guard.check("https://8.8.8.8/").href).toBe("https://8.8.8.8/");
  });

  it("refuses entries of the allow-list that it cannot read", () => {
    for (const entry of ["https://example.com", "a b", "10.0.0.0/99", ""]) {
      expect(() => createOutboundGuard({ allow: [entry] })).toThrow(RangeError);
    }
  });
});

describe("outboundRequest", () => {
  it("refuses a name that resolves to a private address, whatever the form", async () => {
    for (const address of ["127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1", "100.64.1.1"]) {
      const guard = createOutboundGuard({ resolve: async () => [address] });
      await expect(outboundRequest(guard, request("https://rebound.test/"))).rejects.toMatchObject({
        code: "private-address",
      });
    }
  });

  it("refuses a name of which only one of several addresses is private", async () => {
    const guard = createOutboundGuard({ resolve: async () => ["8.8.8.8", "10.0.0.1"] });
    await expect(outboundRequest(guard, request("https://mixed.test/"))).rejects.toMatchObject({
      code: "private-address",
    });
  });

  it("connects to the very address that it has checked: a name that answers differently afterwards gains nothing", async () => {
    const { port } = await serve((_request, response) => response.end("the first answer"));
    const answers = ["127.0.0.1", "127.0.0.2"];
    let asked = 0;
    const guard = createOutboundGuard({
      allow: ["127.0.0.1"],
      resolve: async () => [answers[asked++] ?? "127.0.0.2"],
    });
    const first = await outboundRequest(guard, request(`http://rebound.test:${port}/`));
    expect({ body: text(first.body), asked }).toEqual({ body: "the first answer", asked: 1 });
    await expect(outboundRequest(guard, request(`http://rebound.test:${port}/`))).rejects.toMatchObject({
      name: "OutboundRefusedError",
    });
  });

  it("reaches what is on the allow-list, by name and by network, also over plain http", async () => {
    const { port } = await serve((_request, response) => response.end("inside"));
    for (const allow of [["hooks.internal"], ["127.0.0.0/8"]]) {
      const guard = createOutboundGuard({ allow, resolve: async () => ["127.0.0.1"] });
      expect((await outboundRequest(guard, request(`http://hooks.internal:${port}/`))).status).toBe(200);
    }
  });

  it("says that a host is unknown", async () => {
    const guard = createOutboundGuard({
      resolve: async () => {
        throw new Error("ENOTFOUND");
      },
    });
    await expect(outboundRequest(guard, request("https://nowhere.test/"))).rejects.toMatchObject({
      code: "unknown-host",
      message: "The name nowhere.test could not be resolved.",
    });
  });

  it("follows no redirect unless it was asked to, and checks each address that it is led to", async () => {
    const { port } = await serve(({ url }, response) => {
      const location =
        url === "/inside"
          ? "http://10.0.0.1/secret"
          : url === "/start"
            ? "/end"
            : url === "/loop"
              ? "/loop"
              : null;
      if (location) response.writeHead(302, { location }).end();
      else response.end("arrived");
    });
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    const at = (path: string) => `http://127.0.0.1:${port}${path}`;
    expect((await outboundRequest(guard, request(at("/start")))).status).toBe(302);
    const followed = await outboundRequest(guard, request(at("/start"), { maxRedirects: 3 }));
    expect([followed.status, text(followed.body), followed.url]).toEqual([200, "arrived", at("/end")]);
    await expect(outboundRequest(guard, request(at("/inside"), { maxRedirects: 3 }))).rejects.toMatchObject({
      name: "OutboundRefusedError",
    });
    await expect(outboundRequest(guard, request(at("/loop"), { maxRedirects: 3 }))).rejects.toMatchObject({
      code: "too-many-redirects",
    });
  });

  it("takes no credentials along to another host", async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((incoming, response) => {
      seen.push(incoming.headers.authorization);
      response.end();
    });
    const { port } = await serve((incoming, response) => {
      seen.push(incoming.headers.authorization);
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end();
    });
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    const headers = { authorization: "Basic c2VjcmV0" };
    await outboundRequest(guard, request(`http://127.0.0.1:${port}/`, { headers, maxRedirects: 1 }));
    expect(seen).toEqual(["Basic c2VjcmV0", undefined]);
  });

  it("cuts a long answer off", async () => {
    const { port } = await serve((_request, response) => {
      response.write("x".repeat(5_000));
      setTimeout(() => response.end(), 60_000).unref();
    });
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    const answer = await outboundRequest(guard, request(`http://127.0.0.1:${port}/`));
    expect([answer.truncated, answer.body.byteLength]).toEqual([true, 1_000]);
  });

  it("gives up after its time, also when the answer trickles", async () => {
    const { port } = await serve((_request, response) => {
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    });
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    await expect(
      outboundRequest(guard, request(`http://127.0.0.1:${port}/`, { timeoutMs: 200 })),
    ).rejects.toMatchObject({ code: "timeout" });
  });

  it("tells a closed port, an aborted request and a server without TLS apart", async () => {
    const silent = createTcpServer((socket) =>
      socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    closing.push(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    await expect(outboundRequest(guard, request(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: "tls",
    });
    await expect(outboundRequest(guard, request("http://127.0.0.1:1/"))).rejects.toMatchObject({
      code: "unreachable",
    });
    await expect(
      outboundRequest(guard, request("http://127.0.0.1:1/", { signal: AbortSignal.abort() })),
    ).rejects.toMatchObject({ code: "aborted" });
  });

  it("uses a kept connection again, and asks anew when a server has closed it that was only to be read", async () => {
    let connected = 0;
    let answered = 0;
    const { server, port } = await serve((incoming, response) => {
      // Closed without an answer, as a server does whose patience ends just then.
      if (incoming.socket.bytesRead > 0 && answered === 2) {
        answered += 1;
        incoming.socket.destroy();
        return;
      }
      answered += 1;
      response.end(String(connected));
    });
    server.on("connection", () => {
      connected += 1;
    });
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    const connections = new OutboundConnections(2);
    const get = () => outboundRequest(guard, request(`http://127.0.0.1:${port}/`, { connections }));
    expect([text((await get()).body), text((await get()).body)]).toEqual(["1", "1"]);
    expect(text((await get()).body)).toBe("2");
    answered = 1;
    await get();
    const put = outboundRequest(guard, request(`http://127.0.0.1:${port}/`, { connections, method: "PUT" }));
    await expect(put).rejects.toMatchObject({ code: "unreachable" });
  });

  it("sends method, headers and body as they are", async () => {
    let seen = "";
    const { port } = await serve((incoming, response) => {
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        seen += chunk;
      });
      incoming.on("end", () => response.writeHead(202, { "x-answer": "yes" }).end(incoming.method));
    });
    const guard = createOutboundGuard({ allow: ["127.0.0.1"] });
    const answer = await outboundRequest(
      guard,
      request(`http://127.0.0.1:${port}/`, {
        method: "POST",
        body: '{"grüße":1}',
        headers: { "content-type": "application/json" },
      }),
    );
    expect([answer.status, answer.headers["x-answer"], text(answer.body), seen]).toEqual([
      202,
      "yes",
      "POST",
      '{"grüße":1}',
    ]);
  });
});
