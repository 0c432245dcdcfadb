import { expect, test } from "vitest";
import { connectionConfig } from "./connection.ts";

const optionsOf = (url: string) =>
  new URL(connectionConfig(url).connectionString ?? "").searchParams.get("options");

test("sessions keep UTC, whatever options the url brings", () => {
  expect(optionsOf("postgresql://u:p@h/d")).toBe("-c TimeZone=UTC");
  expect(
    optionsOf(
      "postgresql://u:p@h/d?sslmode=disable&options=-c%20statement_timeout%3D5s%20-c%20TimeZone%3DEurope/Berlin",
    ),
  ).toBe("-c statement_timeout=5s -c TimeZone=Europe/Berlin -c TimeZone=UTC");
});

test("a url that cannot be one is refused without repeating its password", () => {
  expect(() => connectionConfig("postgresql://u:p#word@h:bad/d")).toThrow(/cannot be read/);
  expect(() => connectionConfig("mysql://u:S3CRET@h/d")).toThrow(/should begin with postgresql/);
  expect(() => connectionConfig("mysql://u:S3CRET@h/d")).not.toThrow(/S3CRET/);
});
