import type { Sandbox } from "@calsync/provider-sandbox";
import { describe, expect, test } from "vitest";
import { onSandbox } from "../../common/test/on-sandbox.ts";
import { SAMPLE_EVENT } from "../../common/test/sample-event.ts";
import { type ConnectedWorkspace, connectWorkspace, date, title } from "../test/notion-sandbox.ts";
import { addRow, at, codeOf, pull, WINDOW } from "../test/pulling.ts";

const MINUTE_MS = 60_000;

let sandbox: Sandbox;
onSandbox((started) => {
  sandbox = started;
});

const row = (world: ConnectedWorkspace, name: string, day?: number) =>
  addRow(sandbox.notion, world, name, day);

describe("the watermark", () => {
  test("a person's edit in the same minute as our write is not lost", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const written = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "same-minute-1");
    const { cursor } = await pull(world, null);
    sandbox.notion.editRow(world.email, written.eventId, { Date: date(at(9)) });
    const { changes } = await pull(world, cursor);
    expect(changes).toMatchObject([
      { type: "upsert", event: { id: written.eventId, time: { start: at(9).start } } },
    ]);
    const stale = { calendarId: world.calendarId, eventId: written.eventId };
    expect(
      await codeOf(world.service.updateEvent(stale, { ...SAMPLE_EVENT, title: "Ours" }, written.version)),
    ).toBe("VERSION_CONFLICT");
  });

  test("what was read in the overlap is told once, however often it is pulled", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { cursor } = await pull(world, null);
    row(world, "Once");
    const first = await pull(world, cursor);
    expect(first.changes).toHaveLength(1);
    let next = first.cursor;
    for (let again = 0; again < 3; again++) {
      const { changes, cursor: after } = await pull(world, next);
      expect(changes).toEqual([]);
      expect(after).toBe(next);
      next = after;
    }
  });

  test("an edit whose stamp did not move is found by the comparison of everything", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const id = row(world, "Quiet");
    const { cursor } = await pull(world, null);
    await sandbox.notion.advanceTime(10 * MINUTE_MS);
    row(world, "Later");
    const later = await pull(world, cursor);
    // The watermark is past it by now; the row's stamp is not.
    const page = sandbox.notion.context.store.pages.get(id);
    const name = [...(page?.cells.keys() ?? [])][0] ?? "";
    page?.cells.set(name, { type: "title", segments: ["Changed without a stamp"] });
    const { changes } = await pull(world, later.cursor);
    expect(changes).toMatchObject([{ type: "upsert", event: { title: "Changed without a stamp" } }]);
  });
});

describe("rows that vanish", () => {
  test("a trashed row is read by itself, and told as a deletion; restored it is told again", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const id = row(world, "Trashed");
    const first = await pull(world, null);
    sandbox.notion.trashRow(world.email, id);
    const gone = await pull(world, first.cursor);
    expect(gone.changes).toMatchObject([{ type: "delete", eventId: id }]);
    sandbox.notion.trashRow(world.email, id, false);
    expect((await pull(world, gone.cursor)).changes).toMatchObject([{ type: "upsert", event: { id } }]);
  });

  test("a row that is no longer shared, or was deleted for good, is set aside and never told as a deletion", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const [hidden, purged] = [row(world, "Hidden"), row(world, "Purged", 9)];
    const { cursor } = await pull(world, null);
    sandbox.notion.unshare(world.botId, hidden);
    sandbox.notion.purgeRow(purged);
    const { changes } = await pull(world, cursor);
    expect(changes.map((change) => change.type)).toEqual(["unreadable", "unreadable"]);
    const read = world.service.getEvent({ calendarId: world.calendarId, eventId: hidden });
    expect(await codeOf(read)).toBe("EVENT_UNREADABLE");
  });

  test("a row that was moved to another database is gone from this one", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const id = row(world, "Moves");
    const { cursor } = await pull(world, null);
    const { databaseId, dataSourceId } = sandbox.notion.createDatabase({
      email: world.email,
      title: "Other",
    });
    sandbox.notion.share(world.botId, databaseId);
    sandbox.notion.moveRow(world.email, id, dataSourceId);
    expect((await pull(world, cursor)).changes).toMatchObject([{ type: "delete", eventId: id }]);
    expect(await world.service.getEvent({ calendarId: world.calendarId, eventId: id })).toBeNull();
  });

  test("a date that is taken off ends somebody else's event, and sets one of ours aside", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const theirs = row(world, "Theirs");
    const { eventId: ours } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "dateless-1");
    const { cursor } = await pull(world, null);
    for (const id of [theirs, ours]) sandbox.notion.editRow(world.email, id, { Date: { date: null } });
    const { changes } = await pull(world, cursor);
    expect(changes.map(({ type }) => type).sort()).toEqual(["delete", "unreadable"]);
    expect(changes.find(({ type }) => type === "delete")).toMatchObject({ eventId: theirs });
  });
});

describe("large tables", () => {
  test("a listing goes on past the ceiling of a query, and each row is told once", async () => {
    const world = await connectWorkspace(sandbox.notion);
    sandbox.notion.faults.set({ queryLimit: 20 });
    const ids: string[] = [];
    for (let made = 0; made < 50; made++) {
      if (made % 15 === 14) await sandbox.notion.advanceTime(MINUTE_MS);
      ids.push(row(world, `Row ${made}`));
    }
    const { changes } = await pull(world, null, 10);
    const told = changes.map((change) => (change.type === "upsert" ? change.event.id : ""));
    expect(told.sort()).toEqual(ids.sort());
  }, 60_000);

  test("more rows that were edited than a query shows are told by further ones, each once", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { cursor } = await pull(world, null);
    sandbox.notion.faults.set({ queryLimit: 20 });
    const ids: string[] = [];
    for (let made = 0; made < 50; made++) {
      if (made % 15 === 14) await sandbox.notion.advanceTime(MINUTE_MS);
      ids.push(row(world, `Row ${made}`));
    }
    const { changes } = await pull(world, cursor, 10);
    expect(changes.map((change) => (change.type === "upsert" ? change.event.id : "")).sort()).toEqual(
      ids.sort(),
    );
  }, 60_000);

  test("the comparison goes through a table part by part", async () => {
    const world = await connectWorkspace(sandbox.notion);
    for (let made = 0; made < 420; made++) {
      if (made % 100 === 99) await sandbox.notion.advanceTime(MINUTE_MS);
      row(world, `Row ${made}`);
    }
    await sandbox.notion.advanceTime(10 * MINUTE_MS);
    let { cursor } = await pull(world, null);
    const last = sandbox.notion.rows(world.calendarId).at(-1) ?? "";
    sandbox.notion.trashRow(world.email, last);
    const told: string[][] = [];
    for (let round = 0; round < 2; round++) {
      const { changes, cursor: next } = await pull(world, cursor);
      told.push(changes.map(({ type }) => type));
      cursor = next;
    }
    expect(told).toEqual([[], ["delete"]]);
  }, 60_000);
});

describe("rows that began long ago", () => {
  const across = (end: string) => ({
    Name: title("Sabbatical"),
    Date: { date: { start: "2026-11-02", end } },
  });
  const busy = (world: ConnectedWorkspace) => world.service.getFreeBusy([world.calendarId], WINDOW);

  test("are told and make busy while they are not over, also when they began a year before the window", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const id = sandbox.notion.addRow(world.email, world.calendarId, across("2027-06-30"));
    sandbox.notion.addRow(world.email, world.calendarId, across("2027-02-01"));
    const { changes } = await pull(world, null);
    expect(changes).toMatchObject([{ type: "upsert", event: { id } }]);
    expect(await busy(world)).toMatchObject([
      { start: WINDOW.start, end: new Date("2027-06-30T22:00:00.000Z") },
    ]);
  });

  test("are followed in turns when there are many: edited, put into the trash and restored", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const ids = Array.from({ length: 12 }, () =>
      sandbox.notion.addRow(world.email, world.calendarId, across("2027-06-30")),
    ).sort();
    let { cursor } = await pull(world, null);
    const untilTold = async () => {
      for (let round = 0; round < 4; round++) {
        const { changes, cursor: next } = await pull(world, cursor);
        cursor = next;
        if (changes.length > 0) return changes;
      }
      return [];
    };
    expect(await untilTold()).toEqual([]);
    const last = ids.at(-1) ?? "";
    sandbox.notion.trashRow(world.email, last);
    expect(await untilTold()).toMatchObject([{ type: "delete", eventId: last }]);
    sandbox.notion.trashRow(world.email, last, false);
    expect(await untilTold()).toMatchObject([{ type: "upsert", event: { id: last } }]);
    sandbox.notion.editRow(world.email, ids[0] ?? "", across("2026-12-01"));
    expect(await untilTold()).toMatchObject([{ type: "upsert", event: { id: ids[0], title: "Sabbatical" } }]);
    expect(await untilTold()).toEqual([]);
  });
});
