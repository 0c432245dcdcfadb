import { describe, expect, test } from "vitest";
import { createLogger } from "./logger.ts";

function capture(pretty = false) {
  const lines: string[] = [];
  const log = createLogger({
    level: "info",
    name: "test",
    pretty,
    destination: { write: (line) => lines.push(line) },
  });
  return {
    log,
    text: () => lines.join(""),
    last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown>,
  };
}

describe("createLogger", () => {
  test("secrets are left out wherever they stand", () => {
    const { log, text } = capture();
    const secrets = {
      token: "S3CRET-1",
      password: "S3CRET-2",
      access_token: "S3CRET-3",
      refreshToken: "S3CRET-4",
      authorization: "Bearer S3CRET-5",
      "set-cookie": ["S3CRET-6"],
      clientSecret: "S3CRET-7",
      "x-goog-channel-token": "S3CRET-8",
    };

    log.info(secrets, "level 1");
    log.info({ headers: secrets }, "level 2");
    log.info({ req: { headers: secrets } }, "level 3");
    log.info({ response: { config: { headers: secrets } } }, "level 4");
    log.child({ account: { secret: "S3CRET-9" } }).info("bound");

    expect(text()).not.toContain("S3CRET");
    expect(text().match(/\[redacted\]/g)).toHaveLength(8 * 4 + 1);
  });

  test("an error is told without what hangs on it", () => {
    const { log, text, last } = capture();
    const cause = Object.assign(
      new Error("GET https://x.test/?access_token=S3CRET&b=1 with Bearer S3CRET failed"),
      {
        config: { headers: { whatever: "S3CRET" } },
      },
    );
    const error = Object.assign(new Error("cannot connect to postgresql://user:S3CRET@db/x", { cause }), {
      code: "P2002",
      meta: { detail: "Failing row contains (S3CRET)" },
    });

    log.error({ err: error }, "failed");

    expect(text()).not.toContain("S3CRET");
    expect(last()["err"]).toMatchObject({
      code: "P2002",
      message: "cannot connect to postgresql://[redacted]@db/x",
      cause: { message: "GET https://x.test/?access_token=[redacted]&b=1 with Bearer [redacted] failed" },
    });
  });

  test("a line says when, how grave, who and what", () => {
    const { log, last } = capture();
    log.info({ calendarSyncId: "c", created: 2 }, "sync finished");
    expect(last()).toMatchObject({
      level: "info",
      name: "test",
      calendarSyncId: "c",
      created: 2,
      msg: "sync finished",
    });
    expect(last()["time"]).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  test("people get readable lines when they ask for them", () => {
    const { log, text } = capture(true);
    log.warn({ created: 2 }, "sync finished");
    expect(text()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}test {2}sync finished {2}created=2\n$/);
  });
});
