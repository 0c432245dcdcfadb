import { expect, test } from "vitest";
import { api, GUEST, guests, HOST, hour, refusal, testSandbox } from "./test-support.ts";

const IMMUTABLE = 'IdType="ImmutableId"';

test("30. lists return 10 items per page without $top, with @odata.nextLink", async () => {
  const sandbox = await testSandbox();
  for (let day = 1; day <= 12; day += 1) sandbox.graph.putEvent(HOST, "primary", hour(day, 9));

  const first = (await api(sandbox, "GET", "me/events")).body;
  expect(first.value).toHaveLength(10);
  const second = (await api(sandbox, "GET", first["@odata.nextLink"])).body;
  expect(second.value).toHaveLength(2);
  expect(second["@odata.nextLink"]).toBeUndefined();
  expect((await api(sandbox, "GET", "me/events?$top=50")).body.value).toHaveLength(12);
});

test("31. without Prefer: outlook.timezone times come back in UTC with seven fractional digits and no offset", async () => {
  const sandbox = await testSandbox();
  const { body: made } = await api(sandbox, "POST", "me/events", {
    body: {
      subject: "Lunch",
      start: { dateTime: "2026-06-03T12:00:00", timeZone: "Europe/Berlin" },
      end: { dateTime: "2026-06-03T13:00:00.5", timeZone: "Europe/Berlin" },
    },
  });
  expect(made.start).toEqual({ dateTime: "2026-06-03T10:00:00.0000000", timeZone: "UTC" });
  expect(made.end).toEqual({ dateTime: "2026-06-03T11:00:00.5000000", timeZone: "UTC" });

  const path = `me/events/${made.id}`;
  const tokyo = await api(sandbox, "GET", path, { prefer: 'outlook.timezone="Tokyo Standard Time"' });
  expect(tokyo.body.start).toEqual({
    dateTime: "2026-06-03T19:00:00.0000000",
    timeZone: "Tokyo Standard Time",
  });
  expect(tokyo.headers["preference-applied"]).toContain("outlook.timezone");
});

test("32. Windows names and listed IANA names are accepted and come back verbatim (switch: Windows); unknown ones return 400", async () => {
  const sandbox = await testSandbox();
  const post = (timeZone: string) =>
    api(sandbox, "POST", "me/events", {
      body: {
        start: { dateTime: "2026-06-03T12:00:00", timeZone },
        end: { dateTime: "2026-06-03T13:00:00", timeZone },
      },
    });
  const windows = await post("W. Europe Standard Time");
  expect(windows.body.originalStartTimeZone).toBe("W. Europe Standard Time");
  expect(windows.body.start.dateTime).toBe("2026-06-03T10:00:00.0000000");
  const iana = await post("Europe/Berlin");
  expect(iana.body.originalEndTimeZone).toBe("Europe/Berlin");
  sandbox.graph.faults.set({ returnedIanaZones: "windows" });
  expect((await api(sandbox, "GET", `me/events/${iana.body.id}`)).body.originalStartTimeZone).toBe(
    "W. Europe Standard Time",
  );
  for (const name of ["Mars/Olympus", "Middle Earth Standard Time"]) {
    expect(refusal(await post(name))).toEqual([400, "TimeZoneNotSupportedException"]);
  }
  const preferred = await api(sandbox, "GET", "me/events", { prefer: 'outlook.timezone="Mars/Olympus"' });
  expect(refusal(preferred)).toEqual([400, "TimeZoneNotSupportedException"]);
});

test("33. all-day events with non-midnight bounds return 400; valid ones read as midnight to midnight under every Prefer zone", async () => {
  const sandbox = await testSandbox();
  const post = (start: string, end: string) =>
    api(sandbox, "POST", "me/events", {
      body: {
        isAllDay: true,
        start: { dateTime: start, timeZone: "Europe/Berlin" },
        end: { dateTime: end, timeZone: "Europe/Berlin" },
      },
    });
  expect((await post("2026-06-03T10:00:00", "2026-06-04T00:00:00")).status).toBe(400);
  const { body: made } = await post("2026-06-03T00:00:00", "2026-06-05T00:00:00");

  for (const zone of ["UTC", "Tokyo Standard Time", "America/New_York"]) {
    const { body } = await api(sandbox, "GET", `me/events/${made.id}`, {
      prefer: `outlook.timezone="${zone}"`,
    });
    expect(body.start).toEqual({ dateTime: "2026-06-03T00:00:00.0000000", timeZone: zone });
    expect(body.end).toEqual({ dateTime: "2026-06-05T00:00:00.0000000", timeZone: zone });
  }
});

test("34. moving an event to another calendar changes the default id and keeps the immutable id", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const team = graph.createCalendar({ email: HOST, name: "Team" });
  const { body: made } = await api(sandbox, "POST", "me/events", { body: hour(3, 9) });
  const { body: fixed } = await api(sandbox, "GET", `me/events/${made.id}`, { prefer: IMMUTABLE });
  expect(fixed.id).not.toBe(made.id);

  const moved = graph.moveEvent(HOST, made.id, team);

  expect(moved.id).not.toBe(made.id);
  expect(refusal(await api(sandbox, "GET", `me/events/${made.id}`))).toEqual([404, "ErrorItemNotFound"]);
  const again = await api(sandbox, "GET", `me/events/${fixed.id}`, { prefer: IMMUTABLE });
  expect(again.body.id).toBe(fixed.id);
  const translated = await api(sandbox, "POST", "me/translateExchangeIds", {
    body: { inputIds: [fixed.id, "nonsense"], sourceIdType: "restImmutableEntryId", targetIdType: "restId" },
  });
  expect(translated.body.value[0]).toEqual({ sourceId: fixed.id, targetId: moved.id });
  expect(translated.body.value[1].errorDetails.code).toBe("ErrorInvalidIdMalformed");
});

test("35. a known transactionId with an equal body returns 201 with the existing event, with another 400 (switch: 409)", async () => {
  const sandbox = await testSandbox();
  const body = { transactionId: "booking-1", subject: "Once", ...hour(3, 9) };
  const post = (change: object = {}) => api(sandbox, "POST", "me/events", { body: { ...body, ...change } });

  const first = await post();
  const second = await post();
  expect([second.status, second.body.id]).toEqual([201, first.body.id]);
  expect(second.body.transactionId).toBe("booking-1");
  expect(sandbox.graph.events(HOST)).toHaveLength(1);

  const other = await post({ subject: "Twice" });
  expect(refusal(other)).toEqual([400, "ErrorDuplicateTransactionId"]);
  expect(other.body.error["@event.existingEventId"]).toBe(first.body.id);
  sandbox.graph.faults.set({ duplicateTransactionStatus: 409 });
  expect((await post({ subject: "Twice" })).status).toBe(409);

  await api(sandbox, "DELETE", `me/events/${first.body.id}`);
  expect(refusal(await post())).toEqual([409, "ErrorDuplicateTransactionId"]);
});

test("36. PATCH with a stale If-Match returns 412 ErrorIrresolvableConflict and changes nothing; it can be injected without", async () => {
  const sandbox = await testSandbox();
  const { body: made } = await api(sandbox, "POST", "me/events", { body: { subject: "A", ...hour(3, 9) } });
  const patch = (subject: string, headers: Record<string, string> = {}) =>
    api(sandbox, "PATCH", `me/events/${made.id}`, { body: { subject }, headers });
  const fresh = await patch("B", { "if-match": made["@odata.etag"] });
  expect(fresh.body.subject).toBe("B");

  const stale = await patch("C", { "if-match": made["@odata.etag"] });
  expect(refusal(stale)).toEqual([412, "ErrorIrresolvableConflict"]);
  expect((await api(sandbox, "GET", `me/events/${made.id}`)).body.subject).toBe("B");

  sandbox.graph.faults.add({ fault: "conflict", status: 409, method: "graph.events.update", times: 1 });
  expect(refusal(await patch("D"))).toEqual([409, "ErrorIrresolvableConflict"]);
  expect((await patch("D")).status).toBe(200);
});

test("37. every write changes changeKey and @odata.etag; the server may change them again by itself shortly after", async () => {
  const sandbox = await testSandbox();
  const { body: made } = await api(sandbox, "POST", "me/events", { body: hour(3, 9) });
  sandbox.graph.faults.add({ fault: "touchAfterWrite", times: 1 });
  const { body: patched } = await api(sandbox, "PATCH", `me/events/${made.id}`, { body: { subject: "B" } });
  const { body: read } = await api(sandbox, "GET", `me/events/${made.id}`);

  expect(new Set([made.changeKey, patched.changeKey, read.changeKey]).size).toBe(3);
  expect(new Set([made, patched, read].map((event) => event["@odata.etag"])).size).toBe(3);
});

test("38. creating or deleting an event with attendees records invitation or cancellation mail; no parameter prevents it", async () => {
  const sandbox = await testSandbox();
  const { body: made } = await api(sandbox, "POST", "me/events", {
    body: { subject: "Talk", ...hour(3, 9), attendees: guests(GUEST, "else@example.org") },
  });
  const other = await api(sandbox, "POST", "me/events?sendUpdates=none", { body: hour(3, 9) });
  expect(refusal(other)).toEqual([400, "ErrorInvalidUrlQuery"]);
  await api(sandbox, "PATCH", `me/events/${made.id}`, {
    body: { attendees: guests(GUEST, "third@example.org") },
  });
  await api(sandbox, "DELETE", `me/events/${made.id}`);

  expect(sandbox.graph.mail.map(({ to, kind }) => `${kind} ${to}`)).toEqual([
    `invitation ${GUEST}`,
    "invitation else@example.org",
    "invitation third@example.org",
    "cancellation else@example.org",
    `cancellation ${GUEST}`,
    "cancellation third@example.org",
  ]);
});

test("39. DELETE by the organizer leaves attendees' copies cancelled, by an attendee only removes the copy; a second returns 404 (switch: 403)", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const make = (subject: string) =>
    graph.putEvent(HOST, "primary", { subject, ...hour(3, 9), attendees: guests(GUEST) });
  const [first, second] = [make("One"), make("Two")];
  const copyOf = (subject: string) =>
    graph.events(GUEST).find((event) => event.subject?.endsWith(subject)) as { id: string };

  await api(sandbox, "DELETE", `me/events/${first.id}`);
  expect(copyOf("One")).toMatchObject({ subject: "Canceled: One", isCancelled: true, isOrganizer: false });

  await api(sandbox, "DELETE", `me/events/${copyOf("Two").id}`, { email: GUEST });
  expect(copyOf("Two")).toBeUndefined();
  expect(graph.event(HOST, second.id as string).isCancelled).toBe(false);

  expect(refusal(await api(sandbox, "DELETE", `me/events/${first.id}`))).toEqual([404, "ErrorItemNotFound"]);
  graph.faults.set({ secondDelete: 403 });
  expect(refusal(await api(sandbox, "DELETE", `me/events/${first.id}`))).toEqual([
    403,
    "ErrorCannotDeleteObject",
  ]);
});

test("40. cancel by an attendee returns 400", async () => {
  const sandbox = await testSandbox();
  const { id } = sandbox.graph.putEvent(HOST, "primary", { ...hour(3, 9), attendees: guests(GUEST) });
  const copy = sandbox.graph.events(GUEST)[0]?.id;
  expect((await api(sandbox, "POST", `me/events/${copy}/cancel`, { email: GUEST, body: {} })).status).toBe(
    400,
  );
  expect((await api(sandbox, "POST", `me/events/${id}/cancel`, { body: { comment: "Sorry" } })).status).toBe(
    202,
  );
  expect(sandbox.graph.events(GUEST)[0]?.isCancelled).toBe(true);
});

test("43. extended properties are absent from plain GET, present with the exact $expand filter, and found by $filter", async () => {
  const sandbox = await testSandbox();
  const id = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name BookingId";
  const { body: made } = await api(sandbox, "POST", "me/events", {
    body: { subject: "Ours", ...hour(3, 9), singleValueExtendedProperties: [{ id, value: "Booking-7" }] },
  });
  sandbox.graph.putEvent(HOST, "primary", { subject: "Theirs", ...hour(3, 9) });
  expect(made.singleValueExtendedProperties).toBeUndefined();

  const expand = (name: string) =>
    `me/events/${made.id}?$expand=${encodeURIComponent(`singleValueExtendedProperties($filter=id eq '${name}')`)}`;
  const expanded = (await api(sandbox, "GET", expand(id))).body;
  expect(expanded.singleValueExtendedProperties).toEqual([{ id, value: "Booking-7" }]);
  const otherCase = (await api(sandbox, "GET", expand(id.replace("BookingId", "bookingid")))).body;
  expect(otherCase.singleValueExtendedProperties).toBeUndefined();

  const filter = `singleValueExtendedProperties/Any(ep: ep/id eq '${id}' and ep/value eq 'booking-7')`;
  const found = (await api(sandbox, "GET", `me/events?$filter=${encodeURIComponent(filter)}`)).body;
  expect(found.value.map((event: { subject: string }) => event.subject)).toEqual(["Ours"]);
});

test("44. HTML bodies come back rewritten, so the text differs from what was sent", async () => {
  const sandbox = await testSandbox();
  const content = "<p>Bring <b>cake</b>\nand tea</p><script>alert(1)</script>";
  const { body: made } = await api(sandbox, "POST", "me/events", {
    body: { ...hour(3, 9), body: { contentType: "HTML", content } },
  });
  expect(made.body.contentType).toBe("html");
  expect(made.body.content).not.toBe(content);
  expect(made.body.content).toContain("<b>cake</b>");
  expect(made.body.content).not.toContain("script");
  const { body: text } = await api(sandbox, "GET", `me/events/${made.id}`, {
    prefer: 'outlook.body-content-type="text"',
  });
  expect(text.body).toEqual({ contentType: "text", content: "Bring cake and tea" });
});

test("48. a timed-out or 503 POST may nevertheless have created the event", async () => {
  const sandbox = await testSandbox();
  const post = (transactionId: string) =>
    api(sandbox, "POST", "me/events", { body: { transactionId, ...hour(3, 9) } });
  sandbox.graph.faults.add({ fault: "loseAnswer", method: "graph.events.create", times: 1 });
  await expect(post("a")).rejects.toThrow();
  sandbox.graph.faults.add({ fault: "loseAnswer", status: 503, times: 1 });
  expect(refusal(await post("b"))).toEqual([503, "ServiceUnavailable"]);

  expect(sandbox.graph.events(HOST)).toHaveLength(2);
  expect([(await post("a")).status, (await post("b")).status]).toEqual([201, 201]);
  expect(sandbox.graph.events(HOST)).toHaveLength(2);
});

test("an online meeting is made once; a body without its link ends it", async () => {
  const sandbox = await testSandbox();
  const { body: made } = await api(sandbox, "POST", "me/events", {
    body: { ...hour(3, 9), isOnlineMeeting: true, body: { contentType: "html", content: "<p>Hi</p>" } },
  });
  expect(made.body.content).toContain(made.onlineMeeting.joinUrl);
  const path = `me/events/${made.id}`;
  const kept = await api(sandbox, "PATCH", path, { body: { subject: "With a link", body: made.body } });
  expect(kept.body.isOnlineMeeting).toBe(true);
  const lost = await api(sandbox, "PATCH", path, { body: { body: { contentType: "html", content: "New" } } });
  expect([lost.body.isOnlineMeeting, lost.body.onlineMeeting]).toEqual([false, null]);
});

test("a guest's answer reaches the organizer, and no request writes it for the guest", async () => {
  const sandbox = await testSandbox();
  const { graph } = sandbox;
  const made = graph.putEvent(HOST, "primary", {
    ...hour(3, 9),
    attendees: guests(GUEST, "else@example.org"),
  });
  const copy = graph.events(GUEST)[0];
  expect(copy).toMatchObject({ showAs: "tentative", responseStatus: { response: "notResponded" } });
  const accepted = await api(sandbox, "POST", `me/events/${copy?.id}/accept`, { email: GUEST, body: {} });
  expect(accepted.status).toBe(202);
  graph.receiveResponse(HOST, made.id as string, "else@example.org", "declined");
  await api(sandbox, "PATCH", `me/events/${made.id}`, {
    body: {
      attendees: guests(GUEST, "else@example.org").map((guest) => ({
        ...guest,
        status: { response: "none" },
      })),
    },
  });

  const answers = graph.event(HOST, made.id as string).attendees?.map((guest) => guest.status?.response);
  expect(answers).toEqual(["accepted", "declined"]);
  expect(graph.events(GUEST)[0]).toMatchObject({ showAs: "busy", responseStatus: { response: "accepted" } });
});

test("unknown paths, query options and properties are refused, and read-only calendars cannot be written", async () => {
  const sandbox = await testSandbox();
  const birthdays = sandbox.graph.createCalendar({ email: HOST, name: "Birthdays", canEdit: false });
  expect((await api(sandbox, "GET", "me/messages")).status).toBe(400);
  expect(refusal(await api(sandbox, "GET", "me/events?$search=x"))).toEqual([400, "ErrorInvalidUrlQuery"]);
  const odd = await api(sandbox, "POST", "me/events", { body: { summary: "Google's word", ...hour(3, 9) } });
  expect(refusal(odd)).toEqual([400, "RequestBodyRead"]);
  const written = await api(sandbox, "POST", `me/calendars/${birthdays}/events`, { body: hour(3, 9) });
  expect(refusal(written)).toEqual([403, "ErrorAccessDenied"]);
  expect(refusal(await api(sandbox, "GET", "me/events/not-an-id"))).toEqual([400, "ErrorInvalidIdMalformed"]);
});

test("calendars are listed, made, renamed and deleted; another user's mailbox is closed to a delegated token", async () => {
  const sandbox = await testSandbox();
  const made = await api(sandbox, "POST", "me/calendars", { body: { name: "Team" } });
  expect(made.status).toBe(201);
  const path = `me/calendars/${made.body.id}`;
  await api(sandbox, "PATCH", path, { body: { name: "Our team" } });
  const list = (await api(sandbox, "GET", "me/calendars")).body.value;
  expect(list.map((one: { name: string }) => one.name)).toEqual(["Calendar", "Our team"]);
  expect(list[0]).toMatchObject({ isDefaultCalendar: true, canEdit: true, owner: { address: HOST } });
  expect((await api(sandbox, "DELETE", path)).status).toBe(204);
  expect((await api(sandbox, "GET", path)).status).toBe(404);
  expect(refusal(await api(sandbox, "GET", `users/${GUEST}/events`))).toEqual([403, "ErrorAccessDenied"]);
  expect((await api(sandbox, "GET", `users/${HOST}/events`)).status).toBe(200);
});
