import { expect, test } from "vitest";
import { parseNotification } from "./notification.ts";

const post = (body: unknown, query: Record<string, string> = {}) =>
  parseNotification({
    method: "POST",
    headers: {},
    query,
    body: new TextEncoder().encode(JSON.stringify(body)),
  });

test("a handshake is answered with its token, as plain text and to the letter", () => {
  const validationToken = "Validation: Testing 100% of a+b <script>";
  expect(post("", { validationToken, channel: "id-1" })).toEqual({
    type: "handshake",
    status: 200,
    contentType: "text/plain; charset=utf-8",
    body: validationToken,
  });
});

test.each(["", "x".repeat(5_000)])("a token that is none is refused", (validationToken) => {
  expect(post("", { validationToken }).type).toBe("refused");
});

test("one post may carry changes of several subscriptions, each with its own secret, and news of their life", () => {
  const value = [
    { subscriptionId: "s1", clientState: "secret-1", changeType: "updated", resource: "Users/u/Events/e" },
    { subscriptionId: "s2", clientState: null, changeType: "deleted" },
    { subscriptionId: "s1", clientState: "secret-1", lifecycleEvent: "reauthorizationRequired" },
    { subscriptionId: "s2", clientState: "secret-2", lifecycleEvent: "subscriptionRemoved" },
    { subscriptionId: "s3", clientState: "secret-3", lifecycleEvent: "missed" },
    { subscriptionId: "s3", clientState: "secret-3", lifecycleEvent: "somethingNew" },
  ];
  expect(post({ value })).toEqual({
    type: "notifications",
    notifications: [
      { providerSubscriptionId: "s1", secret: "secret-1", kind: "change" },
      { providerSubscriptionId: "s2", secret: null, kind: "change" },
      { providerSubscriptionId: "s1", secret: "secret-1", kind: "reauthorize" },
      { providerSubscriptionId: "s2", secret: "secret-2", kind: "removed" },
      { providerSubscriptionId: "s3", secret: "secret-3", kind: "missed" },
      { providerSubscriptionId: "s3", secret: "secret-3", kind: "missed" },
    ],
  });
});

test.each([[{}], [{ value: [] }], [{ value: [{ clientState: "x" }] }], ["text"]])(
  "%j is no list of notifications",
  (body) => {
    expect(post(body)).toMatchObject({ type: "refused" });
  },
);

test("anything but a post is refused", () => {
  const request = { headers: {}, query: { validationToken: "x" }, body: new Uint8Array() };
  expect(parseNotification({ ...request, method: "GET" }).type).toBe("refused");
});
