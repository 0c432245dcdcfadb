import { describe, expect, test } from "vitest";
import { loadProvider, providers } from "./index.ts";

const byPassword = providers.filter(({ auth }) => auth === "password");
const fieldsOf = (slug: string) =>
  providers.find((provider) => provider.slug === slug)?.form?.fields.map(({ name }) => name);

describe("providers that are connected by a password", () => {
  test("are CalDAV, and those of its presets whose server is known do not ask for it", () => {
    expect(byPassword.map(({ slug }) => slug)).toEqual(
      expect.arrayContaining(["applecalendar", "caldavcalendar", "fastmailcalendar", "nextcloudcalendar"]),
    );
    expect(fieldsOf("applecalendar")).toEqual(["username", "password"]);
    expect(fieldsOf("fastmailcalendar")).toEqual(["username", "password"]);
    expect(fieldsOf("nextcloudcalendar")).toEqual(["serverUrl", "username", "password"]);
  });

  test.each(byPassword)(
    "$name asks for the password anew and for nothing else when it is connected again",
    ({ form }) => {
      expect(form?.fields.filter(({ secret }) => secret).map(({ name }) => name)).toEqual(["password"]);
      expect(form?.help).toMatch(/[.]$/);
      for (const { url } of form?.links ?? []) expect(new URL(url).protocol).toBe("https:");
    },
  );

  test.each(byPassword)("$name says what is missing without calling anybody", async ({ slug }) => {
    const { form } = await loadProvider(slug);
    const log = { debug: () => undefined, warn: () => undefined };
    const flow = form?.({ settings: {}, now: () => new Date(), log });
    expect(await flow?.connect({ values: {}, stored: null, timeZone: "UTC" })).toMatchObject({
      problems: fieldsOf(slug)?.map((field) => ({ code: "field_invalid", field })),
    });
  });
});
