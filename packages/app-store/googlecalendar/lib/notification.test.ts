import { describe, expect, test } from "vitest";
import { parseNotification } from "./notification.ts";

const MESSAGE = {
  "x-goog-channel-id": "subscription-1",
  "x-goog-channel-token": "a secret",
  "x-goog-resource-id": "opaque",
  "x-goog-resource-state": "exists",
  "x-goog-message-number": "10",
};

function parse(headers: Record<string, string | undefined>, method = "POST") {
  return parseNotification({ method, headers, query: {}, body: new Uint8Array() });
}

describe("notifications of Google channels", () => {
  test.each([
    ["sync", "confirmation"],
    ["exists", "change"],
    ["not_exists", "change"],
  ])("the state %s is a %s", (state, kind) => {
    expect(parse({ ...MESSAGE, "x-goog-resource-state": state })).toEqual({
      type: "notifications",
      notifications: [{ providerSubscriptionId: "subscription-1", secret: "a secret", kind }],
    });
  });

  test("a message without a token has no secret", () => {
    expect(parse({ ...MESSAGE, "x-goog-channel-token": undefined })).toMatchObject({
      notifications: [{ secret: null }],
    });
  });

  test.each(["x-goog-channel-id", "x-goog-resource-state"])("a request without %s is refused", (name) => {
    expect(parse({ ...MESSAGE, [name]: undefined })).toMatchObject({ type: "refused" });
  });

  test("anything but POST is refused", () => {
    expect(parse(MESSAGE, "GET")).toMatchObject({ type: "refused" });
  });
});
