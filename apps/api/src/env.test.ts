import { expect, test } from "vitest";
import { apiEnv } from "./env.ts";

const { INBOX_URL, INBOX_ADDRESS } = apiEnv.shape;
const problemOf = (url: string) => INBOX_URL.safeParse(url).error?.issues[0]?.message;

test("a mailbox is TLS from the start or by STARTTLS, and in the clear to this machine only", () => {
  expect(INBOX_URL.parse("imaps://calendar%40example.com:p%40ss@mail.example.com/Invitations")).toEqual({
    host: "mail.example.com",
    port: 993,
    tls: "immediate",
    user: "calendar@example.com",
    password: "p@ss",
    folder: "Invitations",
  });
  expect(INBOX_URL.parse("imap://a:b@mail.example.com")).toMatchObject({
    port: 143,
    tls: "upgrade",
    folder: "INBOX",
  });
  expect(INBOX_URL.parse("imap://a:b@127.0.0.1:1143")).toMatchObject({ port: 1143, tls: "none" });
});

test("a mailbox that cannot be meant is refused with what is wrong", () => {
  expect(problemOf("https://mail.example.com")).toBe("is not an imap:// or imaps:// address");
  expect(problemOf("imaps://mail.example.com")).toBe(
    "names no user and password: imaps://user:password@host",
  );
  expect(problemOf("imaps://a:50%@mail.example.com")).toContain("write it %25");
  expect(INBOX_ADDRESS.safeParse("calendar+x@example.com").error?.issues[0]?.message).toContain(
    "must not have a +",
  );
});
