import type { CalendarMapping, TableColumn } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { columnsOf } from "./columns.ts";
import { guessMapping, mappingProblems, readMapping } from "./mapping.ts";

/** Columns as a table has them, by name and type; their ids are their names in lower case. */
function columns(types: Record<string, string>, options: Record<string, string[]> = {}): TableColumn[] {
  const properties = Object.fromEntries(
    Object.entries(types).map(([name, type]) => [
      name,
      {
        id: name.toLowerCase(),
        name,
        type,
        [type]: { options: (options[name] ?? []).map((option) => ({ name: option })) },
      },
    ]),
  );
  return columnsOf({ properties } as unknown as Parameters<typeof columnsOf>[0]);
}
const guessed = (types: Record<string, string>, options?: Record<string, string[]>) =>
  guessMapping(columns(types, options), "Europe/Berlin");

describe("the guess", () => {
  test("goes by names, of those only where the type can hold the field, and by the exact name first", () => {
    const { columns: chosen } = guessed({
      Name: "title",
      "Update notes": "rich_text",
      Notes: "rich_text",
      "Due date": "date",
      When: "date",
      Location: "number",
      Room: "select",
      "Meeting link": "url",
      Guests: "email",
    });
    expect(chosen).toEqual({
      title: "name",
      time: "when",
      description: "notes",
      location: "room",
      link: "meeting link",
      attendees: "guests",
    });
  });

  test("knows the words of other languages, and the option that calls an event off", () => {
    const guess = guessed(
      { Aufgabe: "title", Termin: "date", Ort: "rich_text", Notizen: "rich_text", Status: "select" },
      { Status: ["Geplant", "Abgesagt"] },
    );
    expect(guess).toMatchObject({
      columns: {
        title: "aufgabe",
        time: "termin",
        location: "ort",
        description: "notizen",
        status: "status",
      },
      cancelledOption: "Abgesagt",
      timeZone: "Europe/Berlin",
      others: "busy",
    });
  });

  test("takes the only date whatever it is called, no column twice, and of two dates alike none", () => {
    expect(guessed({ Name: "title", Birthday: "date" }).columns.time).toBe("birthday");
    expect(guessed({ Name: "title", "Start date": "date", "Due date": "date" }).columns).toEqual({
      title: "name",
    });
    expect(Object.values(guessed({ Name: "title", "Where and notes": "rich_text" }).columns)).toEqual([
      "name",
      "where and notes",
    ]);
  });
});

describe("a mapping", () => {
  const table = columns(
    { Name: "title", Date: "date", Place: "rich_text", Status: "select" },
    { Status: ["Off"] },
  );
  const mapping: CalendarMapping = {
    columns: { title: "name", time: "date", location: "place", status: "status" },
    cancelledOption: "Off",
    timeZone: "UTC",
    defaultMinutes: 60,
    others: "busy",
  };
  const problems = (changed: Partial<CalendarMapping>, held = table) =>
    mappingProblems({ ...mapping, ...changed }, held, "Work").map(({ field, code }) => `${field} ${code}`);

  test("that fits has no problems, also when its columns are renamed", () => {
    expect(problems({})).toEqual([]);
    const renamed = table.map((column) => ({ ...column, name: `${column.name} now` }));
    expect(problems({}, renamed)).toEqual([]);
  });

  test.each<[string, Partial<CalendarMapping>, string[]]>([
    ["a needed column is not chosen", { columns: { title: "name" } }, ["time missing"]],
    ["a column is gone", { columns: { ...mapping.columns, location: "x" } }, ["location column_gone"]],
    ["a type cannot hold it", { columns: { ...mapping.columns, time: "place" } }, ["time column_type"]],
    [
      "a column is chosen twice",
      { columns: { ...mapping.columns, description: "place" } },
      ["location column_twice"],
    ],
    ["the option is gone", { cancelledOption: "Cancelled" }, ["status option_gone"]],
  ])("says what is wrong when %s", (_, changed, expected) => {
    expect(problems(changed).filter((one) => expected.includes(one))).toEqual(expected);
  });

  test("that was stored by something else is none", () => {
    expect(readMapping(mapping)).toEqual(mapping);
    for (const stored of [null, {}, { ...mapping, others: "maybe" }, { ...mapping, defaultMinutes: 0 }])
      expect(readMapping(stored)).toBeNull();
  });
});
