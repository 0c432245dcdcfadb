/** Where the web app would be. Nothing listens there: what its proxy does is done by the helpers. */
const WEB_URL = "https://app.example";

/** The OAuth client of tests and benchmarks at the simulated Google. */
export const GOOGLE_CLIENT = {
  clientId: "calsync-test.apps.googleusercontent.com",
  clientSecret: "calsync-test-secret",
  redirectUris: [`${WEB_URL}/api/v1/oauth/googlecalendar/callback`],
};

/** The app registration of tests and benchmarks at the simulated Microsoft. */
export const MICROSOFT_APP = {
  clientId: "2f6a3c1e-0000-4000-8000-0000ca15cafe",
  clientSecret: "calsync-test-secret",
  redirectUris: [`${WEB_URL}/api/v1/oauth/office365calendar/callback`],
};

/** Environment of the API's processes, with simulators in providers' places. */
export function apiEnvironment(options: {
  databaseUrl: string;
  /** Without it there is no Google. */
  googleUrl?: string;
  apiPort: number;
  smtpPort: number;
}): Record<string, string> {
  const { databaseUrl, googleUrl, apiPort, smtpPort } = options;
  return {
    NODE_ENV: "test",
    LOG_LEVEL: "info",
    DATABASE_URL: databaseUrl,
    API_PORT: String(apiPort),
    API_URL: `http://127.0.0.1:${apiPort}`,
    WEB_URL,
    SESSION_SECRET: "s".repeat(32),
    // All guests of a test come from one address.
    GUEST_CHANGES_PER_HOUR: "0",
    GUEST_READS_PER_MINUTE: "0",
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString("base64")}`,
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    ...(googleUrl === undefined ? {} : googleEnvironment(googleUrl)),
  };
}

/** The simulated Google's part of the environment. */
export function googleEnvironment(url: string): Record<string, string> {
  return {
    GOOGLE_CLIENT_ID: GOOGLE_CLIENT.clientId,
    GOOGLE_CLIENT_SECRET: GOOGLE_CLIENT.clientSecret,
    GOOGLE_API_URL: url,
    GOOGLE_AUTH_URL: `${url}/o/oauth2/v2/auth`,
    GOOGLE_TOKEN_URL: `${url}/token`,
    GOOGLE_REVOKE_URL: `${url}/revoke`,
  };
}

/** The simulated Microsoft's part of the environment; its authority has to be trusted besides. */
export function microsoftEnvironment(graph: { url: string; loginUrl: string }): Record<string, string> {
  return {
    MICROSOFT_CLIENT_ID: MICROSOFT_APP.clientId,
    MICROSOFT_CLIENT_SECRET: MICROSOFT_APP.clientSecret,
    MICROSOFT_API_URL: graph.url,
    MICROSOFT_LOGIN_URL: graph.loginUrl,
  };
}
