import { describe, expect, test } from "vitest";
import type { EventSnapshot } from "./snapshot.ts";
import { renderTemplate, unknownPlaceholders } from "./template.ts";
import { type EventView, FULL_VIEW, isMapped, isWritten, shownSnapshot, visibilityOf } from "./view.ts";

const SNAPSHOT: EventSnapshot = {
  time: {
    allDay: false,
    start: "2030-01-08T10:00:00.000Z",
    end: "2030-01-08T11:00:00.000Z",
    timeZone: "UTC",
  },
  title: "Intro",
  description: "Bring {title}",
  location: "Room 1",
  attendees: [
    { email: "ann@x.test", name: "Ann", response: "accepted", optional: false },
    { email: "bob@x.test", name: null, response: "accepted", optional: false },
  ],
};
const about = { hostName: "Dana", link: "https://calsync.test/booking/1", guestEmail: "bob@x.test" };
const show = (view: Partial<EventView>, snapshot = SNAPSHOT) =>
  shownSnapshot({ snapshot, about }, { ...FULL_VIEW, ...view });

describe("templates", () => {
  test("fill in the booking's words, once and not again", () => {
    const text = "{title}|{description}|{location}|{guest}|{guests}|{host}|{link}|{Other} {";
    expect(renderTemplate(text, SNAPSHOT, about)).toBe(
      "Intro|Bring {title}|Room 1|bob@x.test|Ann, bob@x.test|Dana|https://calsync.test/booking/1|{Other} {",
    );
  });

  test("name what nothing is called", () => {
    expect(unknownPlaceholders("{title} {tittle} {tittle} {Guest} {}")).toEqual(["tittle", "Guest"]);
    expect(unknownPlaceholders("nothing in here")).toEqual([]);
  });
});

describe("what a calendar is shown", () => {
  test("everything, as it is", () => {
    expect(show({})).toEqual(SNAPSHOT);
    expect(visibilityOf(FULL_VIEW)).toBe("default");
  });

  test("the title only: no description, no place, nobody, and private", () => {
    const view = { ...FULL_VIEW, privacy: "TITLE_ONLY" as const };
    expect(show(view)).toEqual({ ...SNAPSHOT, description: "", location: "", attendees: [] });
    expect(visibilityOf(view)).toBe("private");
  });

  test("just that its owner is busy, or what the template says", () => {
    expect(show({ privacy: "BUSY" })).toEqual({
      ...SNAPSHOT,
      title: "Busy",
      description: "",
      location: "",
      attendees: [],
    });
    expect(show({ privacy: "BUSY", titleTemplate: "Away" }).title).toBe("Away");
  });

  test("titles and descriptions by template; a title of nothing is still one", () => {
    expect(show({ titleTemplate: "{guest} with {host}", descriptionTemplate: "See {link}" })).toMatchObject({
      title: "bob@x.test with Dana",
      description: "See https://calsync.test/booking/1",
    });
    expect(show({ titleTemplate: "{guest}" }, { ...SNAPSHOT, attendees: [] }).title).toBe("Busy");
  });

  test("no attendees where the calendar holds none", () => {
    expect(show({ attendees: false })).toEqual({ ...SNAPSHOT, attendees: [] });
  });
});

test("only what stands there as it is can be followed from there", () => {
  const table: [Partial<EventView>, string][] = [
    [{}, "time title description location attendees"],
    [{ attendees: false }, "time title description location"],
    [
      { titleTemplate: "{title}", descriptionTemplate: "{description}" },
      "time title description location attendees",
    ],
    [{ titleTemplate: "{title}!" }, "time description location attendees"],
    [{ descriptionTemplate: "{description} {link}" }, "time title location attendees"],
    [{ privacy: "TITLE_ONLY" }, "time title"],
    [{ privacy: "TITLE_ONLY", titleTemplate: "{guest}" }, "time"],
    [{ privacy: "BUSY" }, "time"],
    [{ privacy: "BUSY", titleTemplate: "{title}" }, "time"],
  ];
  const fields = ["time", "title", "description", "location", "attendees"] as const;
  for (const [view, expected] of table) {
    const whole = { ...FULL_VIEW, ...view };
    expect(fields.filter((field) => isMapped(whole, field)).join(" ")).toBe(expected);
    for (const field of fields) if (isMapped(whole, field)) expect(isWritten(whole, field)).toBe(true);
  }
});
