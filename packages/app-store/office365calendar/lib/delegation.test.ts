import type { Sandbox } from "@calsync/provider-sandbox";
import { MemoryCredential } from "@calsync/testing/memory-calendar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SAMPLE_EVENT } from "../../common/test/sample-event.ts";
import { startGraph } from "../test/graph-sandbox.ts";
import { Office365CalendarService } from "./CalendarService.ts";
import { createDelegationFlow } from "./delegation.ts";

const APP = { clientId: "7b1c7a52-0000-4000-8000-000000000002", clientSecret: "application-secret" };
const USER = "ann@firm.example";

let sandbox: Sandbox;
let settings: Record<string, unknown>;
let key: Record<string, unknown>;

beforeAll(async () => {
  sandbox = await startGraph();
  const { graph } = sandbox;
  graph.addApp({ ...APP, redirectUris: [] });
  const { tenantId } = graph.createAccount({ email: USER });
  settings = {
    clientId: "unused",
    clientSecret: "unused",
    apiUrl: graph.url,
    loginUrl: graph.loginUrl,
    retryDelayMs: 5,
  };
  key = { tenantId, ...APP };
});
afterAll(() => sandbox.close());

const flow = () => createDelegationFlow(settings);

describe("application permissions", () => {
  test("without the administrator's consent it is said what has to be done", async () => {
    const { key: read, instructions } = flow().readKey(JSON.stringify(key));
    expect(instructions).toContain("Calendars.ReadWrite");
    await expect(flow().grantFor(read, USER)).rejects.toMatchObject({ code: "OAUTH_CLIENT_REFUSED" });
  });

  test("open a mailbox of the tenant without its user's consent, and store the key with nobody", async () => {
    sandbox.graph.consentForTenant(USER, APP.clientId);
    const grant = await flow().grantFor(key, "Ann@Firm.example");
    expect(grant).toMatchObject({ accountId: `delegated:${USER}`, accountEmail: USER, missingScopes: [] });
    expect(JSON.stringify(grant)).not.toContain(APP.clientSecret);
    const service = new Office365CalendarService({
      credential: new MemoryCredential({ ...grant.secret, delegation: key }),
      settings,
      now: () => new Date(),
      log: { debug: () => undefined, warn: () => undefined },
    });
    const [calendar] = await service.listCalendars();
    const written = await service.createEvent(calendar?.id ?? "", SAMPLE_EVENT, "delegated-key-1");
    expect(sandbox.graph.events(USER).map(({ subject }) => subject)).toEqual([SAMPLE_EVENT.title]);
    await service.deleteEvent({ calendarId: calendar?.id ?? "", eventId: written.eventId }, written.version);
    sandbox.graph.expireAccessTokens();
    expect(await service.listCalendars()).toHaveLength(1);
  });

  test("a mailbox that is not in the tenant is told apart from an app that may not", async () => {
    sandbox.graph.consentForTenant(USER, APP.clientId);
    await expect(flow().grantFor(key, "nobody@firm.example")).rejects.toMatchObject({
      code: "CREDENTIAL_INVALID",
    });
    const wrong = { ...key, clientSecret: "guessed" };
    await expect(flow().grantFor(wrong, USER)).rejects.toMatchObject({ code: "OAUTH_CLIENT_REFUSED" });
  });

  test.each(["", "not json", '{"tenantId":"t"}'])("%j is no key", (text) => {
    expect(() => flow().readKey(text)).toThrow("this is not the key of a Microsoft tenant");
  });
});
