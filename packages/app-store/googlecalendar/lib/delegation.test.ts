import { type Sandbox, startSandbox } from "@calsync/provider-sandbox";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GoogleCalendarService } from "./CalendarService.ts";
import { createDelegationFlow } from "./delegation.ts";
import { DELEGATED_SCOPES } from "./scopes.ts";

const SERVICE_ACCOUNT = "calsync@project.iam.gserviceaccount.com";
const USER = "ann@firm.example";

let sandbox: Sandbox;
let settings: Record<string, unknown>;
let keyFile: string;
let clientId: string;

beforeAll(async () => {
  sandbox = await startSandbox({ allowHttpCallbacks: true });
  const { url } = sandbox.google;
  settings = {
    clientId: "unused",
    clientSecret: "unused",
    apiUrl: url,
    tokenUrl: `${url}/token`,
    timeoutMs: 10_000,
    retryDelayMs: 5,
  };
  sandbox.google.createAccount({ email: USER });
  const key = sandbox.google.createServiceAccountKey({ email: SERVICE_ACCOUNT });
  clientId = key.client_id;
  keyFile = JSON.stringify(key);
  sandbox.google.delegateDomain("firm.example", clientId, DELEGATED_SCOPES);
});
afterAll(() => sandbox.close());

const flow = () => createDelegationFlow(settings);

describe("domain-wide delegation", () => {
  test("opens a user's calendar without their consent, and stores the key with nobody", async () => {
    const { key, name, instructions } = flow().readKey(keyFile);
    expect(name).toBe(SERVICE_ACCOUNT);
    expect(instructions).toContain(clientId);
    for (const scope of DELEGATED_SCOPES) expect(instructions).toContain(scope);
    const grant = await flow().grantFor(key, "Ann@Firm.example");
    expect(grant).toMatchObject({ accountId: `delegated:${USER}`, accountEmail: USER, missingScopes: [] });
    expect(JSON.stringify(grant)).not.toContain("PRIVATE KEY");
    const credential = new MemoryCredential({ ...grant.secret, delegation: key });
    const service = new GoogleCalendarService({
      credential,
      settings,
      now: () => new Date(),
      log: { debug: () => undefined, warn: () => undefined },
    });
    expect(await service.listCalendars()).toMatchObject([{ id: USER, primary: true, writable: true }]);
    sandbox.google.context.store.oauth.expireAccessTokens(USER);
    expect(await service.listCalendars()).toHaveLength(1);
  });

  test("says what the administrator has to do when access was not allowed, or not all of it", async () => {
    const { key } = flow().readKey(keyFile);
    sandbox.google.createAccount({ email: "bob@other.example" });
    for (const allowed of [null, DELEGATED_SCOPES.slice(1)]) {
      sandbox.google.delegateDomain("other.example", clientId, allowed);
      await expect(flow().grantFor(key, "bob@other.example")).rejects.toMatchObject({
        code: "OAUTH_CLIENT_REFUSED",
        providerReason: "unauthorized_client",
        message: expect.stringMatching(
          new RegExp(`administrator of other\\.example.*Admin console.*${clientId}.*calendar\\.events`),
        ),
      });
    }
  });

  test("says that an address is no user of the workspace, or that the key was deleted", async () => {
    const { key } = flow().readKey(keyFile);
    await expect(flow().grantFor(key, "nobody@firm.example")).rejects.toMatchObject({
      code: "CREDENTIAL_INVALID",
      message: expect.stringContaining("nobody@firm.example"),
    });
    const other = sandbox.google.createServiceAccountKey({ email: SERVICE_ACCOUNT });
    sandbox.google.deleteServiceAccountKey(SERVICE_ACCOUNT, other.private_key_id);
    await expect(flow().grantFor({ ...other }, USER)).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  });

  test("is refused when the signature is not the key's", async () => {
    const forged = sandbox.google.createServiceAccountKey({ email: "other@project.iam.gserviceaccount.com" });
    const { key } = flow().readKey(keyFile);
    await expect(flow().grantFor({ ...key, private_key: forged.private_key }, USER)).rejects.toMatchObject({
      code: "CREDENTIAL_INVALID",
      providerReason: "invalid_grant",
    });
  });

  test("takes only the key file of a service account, and repeats nothing of another file", () => {
    const secret = "-----BEGIN RSA PRIVATE KEY-----";
    for (const text of ["", "{}", JSON.stringify({ installed: { client_secret: secret } })]) {
      expect(() => flow().readKey(text)).toThrow(/Service accounts > Keys/);
      expect(() => flow().readKey(text)).not.toThrow(secret);
    }
  });
});
