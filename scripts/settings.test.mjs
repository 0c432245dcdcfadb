import net from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { anyPorts, freePorts, serviceEnv } from "./settings.mjs";

const names = {
  web: "WEB_PORT",
  api: "API_PORT",
  sandbox: "SANDBOX_PORT",
  graph: "SANDBOX_GRAPH_PORT",
  smtp: "SANDBOX_SMTP_PORT",
};

async function useAnyPorts() {
  const ports = await anyPorts();
  for (const [key, name] of Object.entries(names)) vi.stubEnv(name, String(ports[key]));
  return ports;
}

afterEach(() => vi.unstubAllEnvs());

describe("freePorts", () => {
  test("gives the ports that the environment names", async () => {
    const ports = await useAnyPorts();
    expect(await freePorts()).toEqual(ports);
  });

  test("names a taken port and the variable that changes it", async () => {
    const ports = await useAnyPorts();
    const server = net.createServer().listen(ports.api, "127.0.0.1");
    await new Promise((ready) => server.once("listening", ready));
    try {
      const error = await freePorts().catch((reason) => reason);
      expect(error.message).toBe(`Port ${ports.api}, which the API would use, is taken.`);
      expect(error.hint).toMatch(/API_PORT=\d+ npm start/);
      expect(error.hint).not.toContain(`API_PORT=${ports.api} `);
    } finally {
      server.close();
    }
  });

  test("refuses one port for two parts", async () => {
    const ports = await useAnyPorts();
    vi.stubEnv("API_PORT", String(ports.web));
    await expect(freePorts()).rejects.toThrow(`is ${ports.web}, which another part of calsync uses too`);
  });

  test("refuses what is not a port", async () => {
    vi.stubEnv("WEB_PORT", "eighty");
    await expect(freePorts()).rejects.toThrow('WEB_PORT is "eighty"');
  });
});

describe("serviceEnv", () => {
  const local = {
    ports: { web: 1, api: 2, sandbox: 3, smtp: 4, graph: 5 },
    databaseUrl: "postgresql://localhost/calsync",
    secrets: { SANDBOX_GOOGLE_CLIENT_ID: "sandbox-client", SANDBOX_MICROSOFT_CLIENT_ID: "sandbox-app" },
  };

  test("points at the sandbox when there are no Google credentials", () => {
    vi.stubEnv("GOOGLE_CLIENT_ID", "");
    expect(serviceEnv(local)).toMatchObject({
      GOOGLE_CLIENT_ID: "sandbox-client",
      GOOGLE_API_URL: "http://127.0.0.1:3",
      SMTP_URL: "smtp://127.0.0.1:4",
    });
  });

  test("points at the sandbox' Microsoft when there are no credentials of Microsoft, and only then", () => {
    vi.stubEnv("MICROSOFT_CLIENT_ID", "");
    expect(serviceEnv(local)).toMatchObject({
      MICROSOFT_CLIENT_ID: "sandbox-app",
      MICROSOFT_API_URL: "https://localhost:5",
      MICROSOFT_LOGIN_URL: "http://127.0.0.1:3/microsoft",
    });
    vi.stubEnv("MICROSOFT_CLIENT_ID", "real-app");
    expect(serviceEnv(local)).not.toHaveProperty("MICROSOFT_API_URL");
  });

  test("leaves Google's own addresses alone when there are credentials", () => {
    vi.stubEnv("GOOGLE_CLIENT_ID", "real-client");
    const env = serviceEnv(local);
    expect(env).not.toHaveProperty("GOOGLE_API_URL");
    expect(env).not.toHaveProperty("GOOGLE_CLIENT_ID");
  });
});
