import { expect, it } from "vitest";
import { secretsOf } from "./secrets-of.ts";

it("a button names what opens the account, and nothing else that is filled in", () => {
  const field = (label: string, secret: boolean) => ({
    name: label,
    label,
    kind: "text" as const,
    required: true,
    secret,
  });
  const form = { help: "", links: [], fields: [field("Server", false), field("App password", true)] };
  expect(secretsOf(form)).toBe("app password");
  expect(secretsOf({ ...form, fields: [...form.fields, field("Code", true)] })).toBe("app password and code");
});
