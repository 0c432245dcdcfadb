import { describe, expect, test } from "vitest";
import { authenticationOf } from "./authentication.ts";
import { judgeMail } from "./judge-mail.ts";
import { readMail } from "./read-mail.ts";
import { readMessage } from "./read-message.ts";

const calendar = (method: string | null, ...lines: string[]) =>
  [
    "BEGIN:VCALENDAR",
    ...(method ? [`METHOD:${method}`] : []),
    "BEGIN:VEVENT",
    "UID:one@x",
    "DTSTART:20300107T100000Z",
  ]
    .concat(...lines, "END:VEVENT", "END:VCALENDAR", "")
    .join("\r\n");
const FROM_BOSS = ["ORGANIZER:mailto:Boss@other.test", "ATTENDEE:mailto:dana@example.test"];

/** A mail of somebody with a calendar in it, as most programs build it. */
function mail(from: string, content: string, ...headers: string[]): string {
  const part = (type: string) => ["--b", `Content-Type: ${type}; charset=utf-8`, "", content];
  return [`From: ${from}`, "To: Dana <dana@example.test>", ...headers, "Subject: Hello", "MIME-Version: 1.0"]
    .concat(
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "Hello",
      "",
    )
    .concat(part("text/calendar; method=REQUEST"), part("application/ics; name=invite.ics"), "--b--", "")
    .join("\r\n");
}

async function judge(raw: string, options: { authority?: string; organizers?: string[] } = {}) {
  const read = await readMail(Buffer.from(raw));
  const message = read.calendars[0] && (await readMessage(read.calendars[0]));
  if (!message) throw new Error("the mail carries no calendar");
  const recipient = { own: new Set(["dana@example.test"]), organizers: new Set(options.organizers) };
  return judgeMail(read, message, recipient, options.authority ?? null);
}

describe("a mail is applied without a person", () => {
  test("when the organizer invites or cancels, and when the guest answers", async () => {
    expect(await judge(mail("The Boss <boss@OTHER.test>", calendar("REQUEST", ...FROM_BOSS)))).toBeNull();
    expect(await judge(mail("boss@other.test", calendar("CANCEL", ...FROM_BOSS)))).toBeNull();
    expect(
      await judge(
        mail("ann@guest.test", calendar("REPLY", "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@guest.test")),
      ),
    ).toBeNull();
  });

  test("when somebody of the guest's own domain answers for them, and the answer says so", async () => {
    const answer = calendar(
      "REPLY",
      'ATTENDEE;PARTSTAT=DECLINED;SENT-BY="mailto:Assistant@guest.test":mailto:ann@guest.test',
    );
    expect(await judge(mail("assistant@GUEST.test", answer))).toBeNull();
    expect(await judge(mail("other@guest.test", answer))).toBe("other-sender");
    const stranger = answer.replace("Assistant@guest.test", "eve@evil.test");
    expect(await judge(mail("eve@evil.test", stranger))).toBe("other-sender");
    const doubted = mail("assistant@guest.test", answer, "Authentication-Results: mx; dmarc=fail");
    expect(await judge(doubted)).toBe("not-authenticated");
  });

  test.each([
    ["other-sender", mail("eve@evil.test", calendar("REQUEST", ...FROM_BOSS))],
    ["other-sender", mail("boss@other.test, eve@evil.test", calendar("REQUEST", ...FROM_BOSS))],
    ["other-sender", mail("boss@other.test", calendar("REQUEST", "ATTENDEE:mailto:dana@example.test"))],
    [
      "other-sender",
      mail("eve@evil.test", calendar("REPLY", "ATTENDEE;PARTSTAT=DECLINED:mailto:ann@guest.test")),
    ],
    ["not-invited", mail("boss@other.test", calendar("REQUEST", "ORGANIZER:mailto:boss@other.test"))],
    ["no-invitation", mail("boss@other.test", calendar("PUBLISH", ...FROM_BOSS))],
    ["no-invitation", mail("boss@other.test", calendar(null, ...FROM_BOSS))],
    [
      "not-authenticated",
      mail("boss@other.test", calendar("REQUEST", ...FROM_BOSS), "Authentication-Results: mx; dmarc=fail"),
    ],
  ])("and waits for one otherwise: %s", async (reason, raw) => {
    expect(await judge(raw)).toBe(reason);
  });

  test("unless somebody else organizes the appointment that is known", async () => {
    const cancel = mail("boss@other.test", calendar("CANCEL", ...FROM_BOSS));
    expect(await judge(cancel, { organizers: ["boss@other.test"] })).toBeNull();
    expect(await judge(cancel, { organizers: ["chief@other.test"] })).toBe("other-organizer");
  });

  test("and, where the mail server has a say, only when it confirms the sender", async () => {
    const content = calendar("REQUEST", ...FROM_BOSS);
    const authority = "mx.example.test";
    expect(await judge(mail("boss@other.test", content), { authority })).toBe("not-authenticated");
    const confirmed = mail(
      "boss@other.test",
      content,
      `Authentication-Results: ${authority}; dmarc=pass header.from=other.test`,
    );
    expect(await judge(confirmed, { authority })).toBeNull();
  });
});

test("a mail's calendar is found once, whether it comes as text, as a file or as both, in any charset", async () => {
  const content = calendar("REQUEST", ...FROM_BOSS);
  expect((await readMail(Buffer.from(mail("boss@other.test", content)))).calendars).toHaveLength(1);
  const asFile = [
    "From: boss@other.test",
    "Content-Type: application/octet-stream; name=a.ics",
    "",
    content,
  ].join("\r\n");
  expect((await readMail(Buffer.from(asFile))).calendars).toHaveLength(1);
  const latin = [
    "From: a@b.test",
    "Content-Type: text/calendar; charset=iso-8859-1",
    "",
    "SUMMARY:J\u00fcrgen",
    "",
  ];
  const read = await readMail(Buffer.from(latin.join("\r\n"), "latin1"));
  expect(Buffer.from(read.calendars[0] ?? []).toString()).toContain("J\u00fcrgen");
});

test("a mail with parts nested without end is refused, not followed", async () => {
  const deep = Array.from(
    { length: 200 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  );
  await expect(readMail(Buffer.from(`From: a@b.test\r\n${deep.join("")}`))).rejects.toThrow();
});

describe("the sender is confirmed by the mail server's own header alone", () => {
  const of = (text: string, domain = "other.test") => authenticationOf([text], domain, "mx.example.test");

  test.each([
    ["mx.example.test; dkim=pass header.d=other.test", "pass"],
    ["MX.example.test 1; dkim=pass (2048-bit; good) header.i=@other.test header.s=s1", "pass"],
    ["mx.example.test; spf=pass smtp.mailfrom=bounce@mail.other.test", "pass"],
    ["mx.example.test; dmarc=pass (p=NONE; sp=NONE) header.from=other.test", "pass"],
    ["mx.example.test; dkim=pass header.d=evil.test; spf=pass smtp.mailfrom=evil.test", "unknown"],
    ["mx.example.test; dkim=pass header.d=test", "unknown"],
    ["mx.example.test; dkim=fail header.d=other.test; spf=softfail smtp.mailfrom=other.test", "unknown"],
    ["mx.evil.test; dmarc=pass header.from=other.test", "unknown"],
    ["mx.evil.test; dmarc=fail header.from=other.test", "fail"],
    ["mx.example.test; none", "unknown"],
    ["", "unknown"],
  ] as const)("%s: %s", (text, expected) => {
    expect(of(text)).toBe(expected);
  });
});
