import type { Sandbox } from "@calsync/provider-sandbox";
import { describe, expect, test } from "vitest";
import { onSandbox } from "../../common/test/on-sandbox.ts";
import { SAMPLE_EVENT } from "../../common/test/sample-event.ts";
import { type ConnectedWorkspace, connectWorkspace, date, text, title } from "../test/notion-sandbox.ts";
import { addRow, at, codeOf, pull, WINDOW } from "../test/pulling.ts";

const MINUTE_MS = 60_000;

let sandbox: Sandbox;
onSandbox((started) => {
  sandbox = started;
});

const row = (world: ConnectedWorkspace, name: string, day?: number) =>
  addRow(sandbox.notion, world, name, day);

describe("creating", () => {
  test("a creation that was saved and answered 503 is read back by the id that the answer names", async () => {
    const world = await connectWorkspace(sandbox.notion);
    sandbox.notion.faults.add({ fault: "savedButUnavailable", times: 1 });
    const written = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "saved-503-1");
    expect(written.existed).toBe(false);
    expect(sandbox.notion.rows(world.calendarId)).toEqual([written.eventId]);
  });

  test("a creation whose answer was lost is looked for after the time in which queries may not show it", async () => {
    const world = await connectWorkspace(sandbox.notion);
    sandbox.notion.faults.set({ indexLagMs: 40 });
    sandbox.notion.faults.add({ fault: "loseAnswer", method: "pages.create", times: 1 });
    const service = world.anotherService({ lookupDelayMs: 80 });
    const written = await service.createEvent(world.calendarId, SAMPLE_EVENT, "lost-answer-1");
    expect(sandbox.notion.rows(world.calendarId)).toEqual([written.eventId]);
  });

  test("a row that a person has duplicated does not stand for our event", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { eventId } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "duplicated-1");
    await sandbox.notion.advanceTime(MINUTE_MS);
    const note = sandbox.notion.text(eventId, "calsync");
    sandbox.notion.addRow(world.email, world.calendarId, {
      Name: title("Copy"),
      Date: date(at(20)),
      calsync: text(note),
    });
    const again = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "duplicated-1");
    expect(again).toMatchObject({ existed: true, eventId });
  });

  test("long texts are written in segments, and guests and link where people read them", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const description = `${"ü".repeat(1_999)}👋🏽${"x".repeat(3_000)}`;
    const { eventId, event } = await world.service.createEvent(
      world.calendarId,
      {
        ...SAMPLE_EVENT,
        description,
        location: "https://meet.example/room",
        attendees: [{ email: "guest@people.example", name: "Guest", response: "accepted", optional: false }],
      },
      "long-text-1",
    );
    expect(event.description).toBe(description);
    expect(sandbox.notion.text(eventId, "Guests")).toBe("Guest <guest@people.example>");
    expect(sandbox.notion.row(eventId)).toMatchObject({
      properties: { Link: { url: "https://meet.example/room" } },
    });
    expect(event.attendees).toEqual([]);
  });
});

describe("updating", () => {
  test("an edit of another column between our read and our write stays, and the next pull tells it", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { eventId } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "between-1");
    const { cursor } = await pull(world, null);
    sandbox.notion.faults.add({ fault: "delay", method: "pages.update", delayMs: 60, times: 1 });
    const ref = { calendarId: world.calendarId, eventId };
    const update = world.service.updateEvent(ref, { ...SAMPLE_EVENT, time: at(12) }, null);
    // The read is over once the update is under way.
    const before = sandbox.notion.calls.get("pages.update") ?? 0;
    while ((sandbox.notion.calls.get("pages.update") ?? 0) === before)
      await new Promise((resolve) => setTimeout(resolve, 2));
    sandbox.notion.editRow(world.email, eventId, { Name: title("Renamed meanwhile") });
    const written = await update;
    expect(written.event).toMatchObject({ title: SAMPLE_EVENT.title, time: at(12) });
    const { changes } = await pull(world, cursor);
    expect(changes).toMatchObject([{ type: "upsert", event: { title: "Renamed meanwhile", time: at(12) } }]);
    const [change] = changes;
    expect(change?.type === "upsert" && change.event.version).not.toBe(written.version);
  });

  test("an update that was saved and answered 503 is sent once more, which changes nothing", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { eventId } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "saved-update-1");
    sandbox.notion.faults.add({ fault: "savedButUnavailable", method: "pages.update", times: 1 });
    const ref = { calendarId: world.calendarId, eventId };
    const written = await world.service.updateEvent(ref, { ...SAMPLE_EVENT, title: "Saved once" }, null);
    expect(written.event.title).toBe("Saved once");
    expect((await world.service.getEvent(ref))?.version).toBe(written.version);
  });

  test("409 and 429 are repeated once, a longer pause is left to the caller", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { eventId } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "conflict-1");
    const ref = { calendarId: world.calendarId, eventId };
    sandbox.notion.faults.add({ fault: "conflict", method: "pages.update", times: 1 });
    await world.service.updateEvent(ref, { ...SAMPLE_EVENT, title: "After a conflict" }, null);
    sandbox.notion.faults.add({
      fault: "rateLimit",
      method: "pages.retrieve",
      times: 1,
      retryAfterSeconds: 30,
    });
    const limited = world.service.updateEvent(ref, { ...SAMPLE_EVENT, title: "Limited" }, null);
    await expect(limited).rejects.toMatchObject({
      code: "RATE_LIMIT_EXCEEDED",
      advice: { retry: "later", afterMs: 30_000 },
    });
  });

  test("the option that calls an event off reads as cancelled, and an update takes it back", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const { eventId } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "called-off-1");
    const ref = { calendarId: world.calendarId, eventId };
    sandbox.notion.editRow(world.email, eventId, { Status: { select: { name: "Cancelled" } } });
    expect((await world.service.getEvent(ref))?.status).toBe("cancelled");
    await world.service.updateEvent(ref, SAMPLE_EVENT, null);
    expect((await world.service.getEvent(ref))?.status).toBe("confirmed");
  });
});

describe("mapping", () => {
  test("a renamed column is still the same, a removed one stops everything with a sentence that names the table", async () => {
    const world = await connectWorkspace(sandbox.notion);
    await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "renamed-1");
    sandbox.notion.changeColumn(world.email, world.calendarId, "Date", { name: "When" });
    const service = world.anotherService();
    expect((await service.getFreeBusy([world.calendarId], WINDOW)).length).toBe(1);
    sandbox.notion.changeColumn(world.email, world.calendarId, "Location", null);
    const after = world.anotherService();
    await expect(after.createEvent(world.calendarId, SAMPLE_EVENT, "removed-1")).rejects.toMatchObject({
      code: "MAPPING_INVALID",
      message: "Notion: The column of “Calendar” that held the place is gone; choose another one.",
    });
  });

  test("another mapping makes the cursor void, so that everything is read anew", async () => {
    const world = await connectWorkspace(sandbox.notion);
    row(world, "Theirs");
    const { cursor } = await pull(world, null);
    const mapping = world.mappings.held.get(world.calendarId);
    if (!mapping) throw new Error("the table is mapped");
    world.mappings.held.set(world.calendarId, { ...mapping, others: "hidden" });
    const hiding = { ...world, service: world.anotherService() };
    expect(await codeOf(pull(hiding, cursor))).toBe("CURSOR_EXPIRED");
    expect((await pull(hiding, null)).changes).toEqual([]);
    await hiding.service.createEvent(world.calendarId, SAMPLE_EVENT, "shown-row-1");
    expect((await pull(hiding, null)).changes).toHaveLength(1);
  });

  test("pages of other people that are not looked at are not there for a direct read either; one of ours whose note was wiped off is", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const theirs = row(world, "Theirs");
    const { eventId: ours } = await world.service.createEvent(world.calendarId, SAMPLE_EVENT, "wiped-note-1");
    const mapping = world.mappings.held.get(world.calendarId);
    if (!mapping) throw new Error("the table is mapped");
    world.mappings.held.set(world.calendarId, { ...mapping, others: "hidden" });
    const hiding = { ...world, service: world.anotherService() };
    const read = (eventId: string) => hiding.service.getEvent({ calendarId: world.calendarId, eventId });
    const { cursor } = await pull(hiding, null);
    sandbox.notion.editRow(world.email, ours, { calsync: text(""), Name: title("Still ours") });
    expect(await read(theirs)).toBeNull();
    expect(await read(ours)).toMatchObject({ title: "Still ours", marker: null });
    expect((await pull(hiding, cursor)).changes).toMatchObject([
      { type: "upsert", event: { id: ours, title: "Still ours" } },
    ]);
  });

  test("a table is mapped at its first use as its columns suggest, and two dates alike are not guessed", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const plain = sandbox.notion.createDatabase({ email: world.email, title: "Plain" });
    sandbox.notion.share(world.botId, plain.databaseId);
    await world.service.getFreeBusy([plain.dataSourceId], WINDOW);
    expect(world.mappings.held.get(plain.dataSourceId)).toMatchObject({
      cancelledOption: "Cancelled",
      timeZone: "Europe/Berlin",
    });
    const twice = sandbox.notion.createDatabase({
      email: world.email,
      title: "Twice",
      columns: [
        { name: "Start date", type: "date" },
        { name: "Due date", type: "date" },
      ],
    });
    sandbox.notion.share(world.botId, twice.databaseId);
    const table = await world.service.tables.describe(twice.dataSourceId);
    expect(table.problems).toMatchObject([{ field: "time", code: "missing" }]);
    expect(await codeOf(world.service.getFreeBusy([twice.dataSourceId], WINDOW))).toBe("MAPPING_INVALID");
  });

  test("databases without a date are no calendars, and those in the trash are none any more", async () => {
    const world = await connectWorkspace(sandbox.notion);
    const tasks = sandbox.notion.createDatabase({
      email: world.email,
      title: "Tasks",
      columns: [{ name: "Name", type: "title" }],
    });
    sandbox.notion.share(world.botId, tasks.databaseId);
    expect((await world.service.listCalendars()).map(({ name }) => name)).toEqual(["Calendar"]);
  });
});

describe("access", () => {
  test("a refused token is renewed once, by one flight, and both tokens are stored", async () => {
    const world = await connectWorkspace(sandbox.notion);
    sandbox.notion.expireAccessTokens(world.botId);
    const [service, other] = [world.anotherService(), world.anotherService()];
    await Promise.all([service.listCalendars(), other.listCalendars(), service.listCalendars()]);
    expect(world.credential.rotations).toBe(1);
    expect(world.credential.invalidReason).toBeNull();
  });

  test("an access that its person has ended is marked, an internal one too; a failing token endpoint marks nothing", async () => {
    const world = await connectWorkspace(sandbox.notion);
    sandbox.notion.expireAccessTokens(world.botId);
    sandbox.notion.faults.add({ fault: "serverError", method: "oauth.token", times: 1 });
    expect(await codeOf(world.anotherService().listCalendars())).toBe("OAUTH_TOKEN_EXPIRED");
    expect(world.credential.invalidReason).toBeNull();
    sandbox.notion.revokeAccess(world.botId);
    expect(await codeOf(world.anotherService().listCalendars())).toBe("CREDENTIAL_INVALID");
    expect(world.credential.invalidReason).toBe("invalid_grant");

    const internal = await connectWorkspace(sandbox.notion, { kind: "internal" });
    sandbox.notion.revokeAccess(internal.botId);
    expect(await codeOf(internal.anotherService().listCalendars())).toBe("CREDENTIAL_INVALID");
    expect(internal.credential.invalidReason).toBe("unauthorized");
  });

  test("a calendar of an integration of one's own is polled, because our webhook does not hear of it", async () => {
    const world = await connectWorkspace(sandbox.notion, { kind: "internal" });
    const channel = {
      id: crypto.randomUUID(),
      address: "https://calsync.example",
      secret: "s",
      lifetimeMs: null,
    };
    expect(await codeOf(world.service.watchCalendar(world.calendarId, channel))).toBe("WATCH_UNSUPPORTED");
  });
});
