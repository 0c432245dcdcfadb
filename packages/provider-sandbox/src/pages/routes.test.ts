import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Mailbox } from "../mail/Mailbox.ts";
import { faultsSchemas } from "../sandbox-api.ts";
import { registerPages } from "./routes.ts";

describe("pages", () => {
  let app: FastifyInstance;

  beforeAll(async () => {
    app = Fastify();
    registerPages(app, { mailbox: new Mailbox(), faultsSchemas });
    await app.ready();
  });

  afterAll(() => app.close());

  test.each(["/", "/google", "/outlook", "/notion", "/mail", "/faults"])(
    "%s says that it is a sandbox, and its files are served",
    async (path) => {
      const page = await app.inject(path);
      expect(page.statusCode).toBe(200);
      expect(page.body).toContain("calsync sandbox — a simulator, not the real thing");
      expect(page.body).toContain(`<a href="${path}" aria-current="page">`);
      expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
      const files = [...page.body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
        ([, file]) => file ?? "",
      );
      expect(files.length).toBeGreaterThanOrEqual(2);
      for (const file of files) {
        const asset = await app.inject(file);
        expect([file, asset.statusCode]).toEqual([file, 200]);
        expect(asset.headers["content-type"]).toContain(
          file.endsWith(".css") ? "text/css" : "text/javascript",
        );
      }
    },
  );

  test("a file that the browser has is not sent again", async () => {
    const first = await app.inject("/assets/sandbox.css");
    const second = await app.inject({
      url: "/assets/sandbox.css",
      headers: { "if-none-match": String(first.headers.etag) },
    });
    expect([second.statusCode, second.body]).toEqual([304, ""]);
  });

  test("a name that is no file of the pages answers 404", async () => {
    expect((await app.inject("/assets/..%2Fpackage.json")).statusCode).toBe(404);
  });

  test("without an SMTP server the mailbox page says so and there is no mail API", async () => {
    const bare = Fastify();
    registerPages(bare, { faultsSchemas });
    expect((await bare.inject("/mail")).body).toContain('{"smtpPort":null}');
    expect((await bare.inject("/sandbox/api/mail")).statusCode).toBe(404);
    await bare.close();
  });
});
