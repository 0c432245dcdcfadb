import { type JobRun, runJobsUntilEmpty } from "@calsync/jobs";
import { createTestDatabase, createUser, type TestDatabase } from "@calsync/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { notificationJobs } from "../jobs/send-mail.handler.ts";
import type { HostNotice } from "../messages/host-notice.ts";
import { MailDeliveryError, type MailMessage, type MailTransport } from "../transport/MailTransport.ts";
import { queueHostMails } from "./queue-host-mails.ts";

let database: TestDatabase;
let userId: number;
let now: Date;
const mails: MailMessage[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  now = new Date("2030-06-01T08:00:00Z");
  mails.length = 0;
  await database.prisma.$executeRawUnsafe("DELETE FROM graphile_worker._private_jobs");
  userId = (await createUser(database.prisma, { name: "Dana Demo" })).id;
});

const keeping: MailTransport = { send: async (mail) => void mails.push(mail) };

function run(transport: MailTransport = keeping): Promise<JobRun[]> {
  const jobs = notificationJobs({
    prisma: database.prisma,
    transport,
    manageUrl: () => "https://calsync.test/",
    providerName: () => "Google Calendar",
    noticeUrl: (kind) => `https://calsync.test/${kind}`,
    messageIdDomain: "calsync.test",
  });
  return runJobsUntilEmpty(database.prisma, jobs, { clock: () => now });
}

function queue(...notices: HostNotice[]): Promise<void> {
  return database.prisma.$transaction((tx) => queueHostMails(tx, notices, { now }));
}

const ended = (key = "credential:1:first"): HostNotice => ({
  kind: "credential-invalid",
  userId,
  key,
  provider: "googlecalendar",
  account: "dana@example.test",
});
const conflict = (key: string, bookingTitle: string): HostNotice => ({
  kind: "sync-conflict",
  userId,
  key,
  bookingTitle,
  provider: "googlecalendar",
  calendarName: "Work",
  question: "Both sides moved it.",
});
const advance = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1_000);
};

describe("mails to hosts", () => {
  test("tell that an account needs to be connected again, once, with the page to do it on", async () => {
    for (let times = 0; times < 50; times++) await queue(ended());
    await run();
    await queue(ended());
    await run();
    expect(mails).toHaveLength(1);
    const [mail] = mails;
    expect(mail).toMatchObject({
      subject: "Your Google Calendar account (dana@example.test) needs to be connected again",
      to: { name: "Dana Demo" },
      invitation: null,
    });
    expect(mail?.text).toContain("Connect again: https://calsync.test/credential-invalid");
    expect(mail?.html).toContain('<a href="https://calsync.test/credential-invalid">');
    await queue(ended("credential:1:second"));
    await run();
    expect(mails).toHaveLength(2);
  });

  test("tell a flock of conflicts in one mail, and what comes later in another", async () => {
    await queue(conflict("1", "Intro"), conflict("2", "<b>Review</b>"));
    advance(20);
    await queue(conflict("3", "Planning"));
    await run();
    expect(mails).toEqual([]);
    advance(10);
    await run();
    expect(mails.map(({ subject }) => subject)).toEqual(["3 bookings need your decision"]);
    expect(mails[0]?.html).toContain("&lt;b&gt;Review&lt;/b&gt; (Work, Google Calendar)");
    await queue(conflict("4", "Intro"));
    advance(30);
    await run();
    expect(mails[1]?.subject).toBe("“Intro” needs your decision");
  });

  test("are not sent when the transaction of what happened is rolled back", async () => {
    const failing = database.prisma.$transaction(async (tx) => {
      await queueHostMails(tx, [ended()], { now });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    await run();
    expect(mails).toEqual([]);
  });

  test("are sent once by two workers, and repeated as they were after a crash", async () => {
    await queue(ended());
    const slow: MailTransport = {
      async send(mail) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        mails.push(mail);
      },
    };
    await Promise.all([run(slow), run(slow)]);
    expect(mails).toHaveLength(1);
    await queue(ended("again"));
    await run({
      async send(mail) {
        mails.push(mail);
        throw new Error("the process died here");
      },
    });
    await queue(ended("meanwhile"));
    advance(3_600);
    await run();
    expect(mails).toHaveLength(4);
    expect(mails[2]).toEqual(mails[1]);
    expect(mails[3]?.messageId).not.toBe(mails[2]?.messageId);
  });

  test("are tried again when the server fails, and kept as failed when it refuses for good", async () => {
    await queue(ended());
    await run({ send: () => Promise.reject(new MailDeliveryError("not now", { permanent: false })) });
    advance(3_600);
    await run({ send: () => Promise.reject(new MailDeliveryError("never", { permanent: true })) });
    const rows = await database.prisma.hostMail.findMany({ where: { userId } });
    expect(rows).toMatchObject([{ status: "FAILED", error: "never" }]);
    advance(3_600);
    await run();
    expect(mails).toEqual([]);
  });

  test("wait for more of their kind as long as they are told to", async () => {
    await database.prisma.$transaction((tx) =>
      queueHostMails(tx, [conflict("soon", "Booking")], { now, settleMs: { "sync-conflict": 2_000 } }),
    );
    advance(1);
    await run();
    expect(mails).toHaveLength(0);
    advance(2);
    await run();
    expect(mails).toHaveLength(1);
  });

  test("name a part of a long list and count the rest", async () => {
    await queue(...Array.from({ length: 25 }, (_, index) => conflict(`${index}`, `Booking ${index}`)));
    advance(60);
    await run();
    expect(mails[0]?.text).toContain("And: 5 more");
  });
});
