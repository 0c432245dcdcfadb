import { describe, expect, it } from "vitest";
import { newWebhookSecret, signatureHeaders } from "./sign.ts";

describe("signatureHeaders", () => {
  it("signs as the Standard Webhooks specification's own example", () => {
    const headers = signatureHeaders({
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      at: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
      secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    });
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("gives one signature per secret", () => {
    const secrets = [newWebhookSecret(), newWebhookSecret()];
    const message = { id: "one", at: new Date(0), body: "{}" };
    const both = signatureHeaders({ ...message, secrets })["webhook-signature"];
    const each = secrets.map(
      (secret) => signatureHeaders({ ...message, secrets: [secret] })["webhook-signature"],
    );
    expect(both).toBe(each.join(" "));
  });

  it("makes secrets of 24 random bytes", () => {
    expect(newWebhookSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect(newWebhookSecret()).not.toBe(newWebhookSecret());
  });
});
