import { expect, it } from "vitest";
import { nameOfWork } from "./queue-words.ts";

it("work is named by its booking, else by what is done, also when its kind is of a newer version", () => {
  const booking = { uid: "u", title: "Intro", start: "2026-06-03T07:00:00.000Z" };
  expect(nameOfWork({ kind: "push", booking })).toBe("Intro");
  expect(nameOfWork({ kind: "pull", booking: null })).toBe("Reading the calendar");
  expect(nameOfWork({ kind: "send-carrier-pigeon", booking: null })).toBe("Send carrier pigeon");
});
