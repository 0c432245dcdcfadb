import { expect, it } from "vitest";
import { previewEvent, unknownPlaceholders } from "./preview-event.ts";

const view = { privacy: "FULL", titleTemplate: null, descriptionTemplate: null } as const;

it("everything is shown unless the calendar is to be shown less", () => {
  expect(previewEvent(view).title).toBe("Introduction: Gail Guest");
  expect(previewEvent({ ...view, privacy: "TITLE_ONLY" })).toEqual({
    title: "Introduction: Gail Guest",
    description: null,
    location: null,
  });
  expect(previewEvent({ ...view, privacy: "BUSY" }).title).toBe("Busy");
});

it("templates are filled in, and placeholders that mean nothing are named", () => {
  expect(previewEvent({ ...view, titleTemplate: "{guest} with {host}" }).title).toBe("Gail Guest with you");
  expect(previewEvent({ ...view, privacy: "BUSY", titleTemplate: "Taken" }).title).toBe("Taken");
  expect(unknownPlaceholders("{guest} {gast} {gast}")).toEqual(["gast"]);
});
