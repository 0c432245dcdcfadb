import { hashPassword } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { SESSION_COOKIE } from "../../src/plugins/auth.ts";
import { CSRF_HEADER } from "../../src/plugins/csrf.ts";
import { behindProxy, consent } from "../../src/test-support/consent.ts";

const PASSWORD = "correct horse battery staple";
/** Hashing is slow on purpose; all hosts have one password. */
let passwordHash: Promise<string> | undefined;

/** A host with an account of the API, signed in, without calendars. */
interface OpenHost {
  userId: number;
  username: string;
  /** Of the event type that guests book. */
  eventTypeId: number;
  slug: string;
  /** A request as the host's browser makes it. */
  send(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: object,
  ): Promise<{ status: number; body: unknown }>;
  /** The same for what succeeds. @returns the answer's body */
  must(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown>;
  /** Follows a link of the API. @returns where it leads */
  follow(path: string): Promise<URL>;
}

/** A host with a connected Google account, and a calendar that is both destination and selected. */
export interface ConnectedHost extends OpenHost {
  googleEmail: string;
  calendarId: string;
  calendarSyncId: string;
}

interface HostOptions {
  apiUrl: string;
  prisma: PrismaClient;
  name: string;
  durationMinutes?: number;
}

/** A host who has signed in over HTTP, is open day and night, and takes bookings for a year. */
export async function openHost(options: HostOptions): Promise<OpenHost> {
  const { apiUrl, prisma, name, durationMinutes = 30 } = options;
  passwordHash ??= hashPassword(PASSWORD);
  const email = `${name}@host.test`;
  const user = await prisma.user.create({
    data: { email, name, username: name, passwordHash: await passwordHash },
  });
  const schedule = await prisma.schedule.create({
    data: {
      userId: user.id,
      name: "Always",
      timeZone: "UTC",
      availability: { create: { days: [1, 2, 3, 4, 5, 6, 7], startMinute: 0, endMinute: 1_440 } },
    },
  });
  const eventType = await prisma.eventType.create({
    data: {
      userId: user.id,
      scheduleId: schedule.id,
      title: "Meeting",
      slug: "meeting",
      durationMinutes,
      minimumNoticeMinutes: 0,
      maximumDaysAhead: 365,
    },
  });

  let cookie = "";
  const request = async (method: string, path: string, body?: object) =>
    fetch(`${apiUrl}${path}`, {
      method,
      redirect: "manual",
      headers: {
        cookie,
        [CSRF_HEADER]: "1",
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const send: OpenHost["send"] = async (method, path, body) => {
    const answer = await request(method, path, body);
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  };
  const must: OpenHost["must"] = async (...input) => {
    const answer = await send(...input);
    if (answer.status >= 300) {
      throw new Error(`${input[0]} ${input[1]}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };

  const signedIn = await request("POST", "/v1/session", { email, password: PASSWORD });
  const token = signedIn.headers
    .getSetCookie()
    .map((line) => new RegExp(`^${SESSION_COOKIE}=([^;]+)`).exec(line)?.[1])
    .find((value) => value !== undefined);
  await signedIn.arrayBuffer();
  cookie = `${SESSION_COOKIE}=${token ?? ""}`;
  return {
    userId: user.id,
    username: name,
    eventTypeId: eventType.id,
    slug: eventType.slug,
    send,
    must,
    async follow(path) {
      const landed = await request("GET", path);
      return new URL(landed.headers.get("location") ?? "about:blank");
    },
  };
}

/** Does over HTTP what a new host does: connects a Google account through its consent page, and chooses its primary calendar. */
export async function connectHost(
  options: HostOptions & {
    /** Exists at the sandbox. */
    googleEmail: string;
  },
): Promise<ConnectedHost> {
  const { googleEmail, prisma } = options;
  const host = await openHost(options);
  const { url } = (await host.must("POST", "/v1/connections/googlecalendar/authorize", {})) as {
    url: string;
  };
  const landed = await host.follow(behindProxy(await consent(url, { email: googleEmail })));
  const connectionId = Number(landed.searchParams.get("connected"));
  await host.must("PUT", `/v1/connections/${connectionId}/selected`, { calendarIds: [googleEmail] });
  await host.must("PUT", "/v1/destination", { connectionId, calendarId: googleEmail });
  const sync = await prisma.calendarSync.findFirstOrThrow({
    where: { userId: host.userId, externalCalendarId: googleEmail },
  });
  return { ...host, googleEmail, calendarId: googleEmail, calendarSyncId: sync.id };
}
