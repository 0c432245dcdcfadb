import { Calendar, type EventInput } from "fullcalendar";
import dayGridPlugin from "fullcalendar/daygrid";
import interactionPlugin from "fullcalendar/interaction";
import themePlugin from "fullcalendar/themes/classic";
import timeGridPlugin from "fullcalendar/timegrid";
import { type ApiEvent, moveSeriesBody, type Span, spanOf, timesBody } from "../event-model.ts";
import type { ApiCalendar, CalendarApi } from "./calendar-api.ts";
import { followChanges } from "./change-stream.ts";
import { h, mainElement, messageOf, pageData, sandboxApi, toast } from "./dom.ts";
import { droppedSpan, saveBody, withOffset, withoutNulls } from "./event-bodies.ts";
import { eventContent } from "./event-content.ts";
import { askSeriesScope, type EventRights, openEventDialog } from "./event-dialog.ts";
import { GoogleApi } from "./google-api.ts";
import { OutlookApi } from "./outlook-api.ts";

interface SandboxAccount {
  email: string;
  name?: string;
}

/** The APIs of the providers whose calendars this page shows; the server says which one. */
const APIS: Record<string, (email: string) => CalendarApi> = {
  google: (email) => new GoogleApi(email),
  graph: (email) => new OutlookApi(email),
};
const { provider } = pageData<{ provider: string }>();

const query = new URLSearchParams(location.search);
const accountSelect = h("select", { id: "account", onchange: () => void switchAccount() });
const calendarSelect = h("select", { id: "calendar", onchange: () => chooseCalendar(calendarSelect.value) });
const zoneNote = h("span", { class: "zone" });
const createButton = h(
  "button",
  { type: "button", class: "primary", onclick: () => void createAtNextHour() },
  "Create",
);
const grid = h("div", { id: "grid" });

let api: CalendarApi | undefined;
let email = "";
let calendars: ApiCalendar[] = [];
let current: ApiCalendar | undefined;
let busy = 0;
let refreshWanted = false;

mainElement().append(
  h(
    "div",
    { class: "toolbar" },
    h("label", { for: "account" }, "Account"),
    accountSelect,
    h("label", { for: "calendar" }, "Calendar"),
    calendarSelect,
    zoneNote,
    h("span", { class: "grow" }),
    createButton,
  ),
  grid,
);

const calendar = new Calendar(grid, {
  plugins: [themePlugin, timeGridPlugin, dayGridPlugin, interactionPlugin],
  initialView: matchMedia("(max-width: 600px)").matches ? "timeGridDay" : "timeGridWeek",
  ...(query.get("date") ? { initialDate: query.get("date") ?? "" } : {}),
  headerToolbar: { start: "today prev,next title", end: "timeGridDay,timeGridWeek,dayGridMonth" },
  height: "100%",
  firstDay: 1,
  nowIndicator: true,
  scrollTime: "07:30:00",
  slotDuration: "00:30:00",
  snapDuration: "00:15:00",
  dayMaxEvents: true,
  eventMinHeight: 21,
  selectable: true,
  selectMirror: true,
  selectMinDistance: 4,
  eventResizableFromStart: true,
  eventInteractive: true,
  eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
  slotHeaderFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
  events: (range, done, fail) => {
    loadEvents(range.startStr, range.endStr).then(done, (error: Error) => {
      toast(messageOf(error), "failed");
      fail(error);
    });
  },
  eventDidMount: ({ el, event }) => {
    el.dataset["eventId"] = event.id;
    const source: ApiEvent | undefined = event.extendedProps["source"];
    if (source?.recurringEventId) el.dataset["seriesId"] = source.recurringEventId;
  },
  eventContent,
  datesSet: () => rememberPlace(),
  select: ({ startStr, endStr, allDay }) => {
    void createEvent({ start: startStr, end: endStr, allDay }).finally(() => calendar.unselect());
  },
  eventClick: ({ event, jsEvent }) => {
    jsEvent.preventDefault();
    void editEvent(event.extendedProps["source"] as ApiEvent);
  },
  eventDragStart: () => hold(),
  eventDragStop: () => release(),
  eventResizeStart: () => hold(),
  eventResizeStop: () => release(),
  eventDrop: ({ event, revert }) => void moveEvent(event, revert),
  eventResize: ({ event, revert }) => void moveEvent(event, revert),
});

/** While a person drags or a dialog is open, the events under their hand stay as they are. */
function hold(): void {
  busy += 1;
}

function release(): void {
  busy -= 1;
  if (busy === 0 && refreshWanted) refresh();
}

function refresh(): void {
  refreshWanted = busy > 0;
  if (!refreshWanted) calendar.refetchEvents();
}

async function loadEvents(timeMin: string, timeMax: string): Promise<EventInput[]> {
  if (!api || !current) return [];
  const events = await api.listEvents(current.id, withOffset(timeMin, zone()), withOffset(timeMax, zone()));
  return events.filter((event) => event.status !== "cancelled" && event.start).map(toInput);
}

function toInput(event: ApiEvent): EventInput {
  const { start, end, allDay } = spanOf(event);
  const declined =
    event.attendees?.some((guest) => guest.self && guest.responseStatus === "declined") ?? false;
  return {
    id: event.id,
    title: event.summary || "(No title)",
    start,
    end,
    allDay,
    editable: rightsOn(event) === "edit",
    className: [declined ? "declined" : "", event.status === "tentative" ? "tentative" : ""].join(" ").trim(),
    extendedProps: { source: event },
  };
}

/** A guest of somebody else's event may answer and remove it, as in Google's page. */
function rightsOn(event: ApiEvent): EventRights {
  if (!isWritable() || event.locked) return "none";
  // The API names `self` only where it is true.
  const invited = event.attendees?.some((guest) => guest.self && !guest.organizer) ?? false;
  return !invited || event.guestsCanModify ? "edit" : "answer";
}

function isWritable(): boolean {
  return current?.accessRole === "owner" || current?.accessRole === "writer";
}

function zone(): string {
  return current?.timeZone ?? "UTC";
}

async function createAtNextHour(): Promise<void> {
  const hour = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000);
  const end = new Date(hour.getTime() + 3_600_000);
  await createEvent({ start: hour.toISOString(), end: end.toISOString(), allDay: false });
}

async function createEvent(span: Span): Promise<void> {
  const calendarId = current?.id;
  if (!api || !calendarId) return;
  const zoned = span.allDay
    ? span
    : { ...span, start: withOffset(span.start, zone()), end: withOffset(span.end, zone()) };
  const answer = await withHold(() =>
    openEventDialog({ event: {}, span: zoned, recurrence: [], timeZone: zone(), rights: "edit" }),
  );
  if (answer?.action !== "save") return;
  const { span: chosen, ...fields } = answer.fields;
  await attempt("Saved", () =>
    requireApi().insertEvent(
      calendarId,
      { ...fields, ...withoutNulls(timesBody(chosen ?? zoned, zone())) },
      answer.notify ? "all" : "none",
    ),
  );
}

async function editEvent(event: ApiEvent): Promise<void> {
  const calendarId = current?.id;
  if (!api || !calendarId) return;
  await withHold(async () => {
    const master = event.recurringEventId
      ? await requireApi()
          .getEvent(calendarId, event.recurringEventId)
          .catch(() => undefined)
      : undefined;
    const answer = await openEventDialog({
      event,
      span: spanOf(event),
      recurrence: master?.recurrence ?? event.recurrence ?? [],
      timeZone: zone(),
      rights: rightsOn(event),
    });
    if (!answer) return;
    const sendUpdates = answer.notify ? "all" : "none";
    if (answer.action === "delete") {
      const scope = master ? await askSeriesScope("Delete") : "this";
      if (!scope) return;
      const target = scope === "all" && master ? master.id : event.id;
      await attempt("Deleted", () => requireApi().deleteEvent(calendarId, target, sendUpdates));
      return;
    }
    if (Object.keys(answer.fields).length === 0) return;
    // A changed rule belongs to the series: there is nothing to ask then.
    const scope = !master ? "this" : answer.fields.recurrence ? "all" : await askSeriesScope("Save");
    if (!scope) return;
    const target = scope === "all" && master ? master : event;
    const body = saveBody(event, scope === "all" ? master : undefined, answer.fields, zone());
    await attempt("Saved", () => requireApi().patchEvent(calendarId, target.id, body, sendUpdates));
  });
}

async function moveEvent(
  moved: { startStr: string; endStr: string; allDay: boolean; extendedProps: Record<string, unknown> },
  revert: () => void,
): Promise<void> {
  const calendarId = current?.id;
  if (!calendarId) return;
  const source = moved.extendedProps["source"] as ApiEvent;
  const after = droppedSpan(moved, source, zone());
  const sendUpdates = source.attendees?.length ? "all" : "none";
  await withHold(async () => {
    const scope = source.recurringEventId ? await askSeriesScope("Move") : "this";
    if (!scope) {
      revert();
      return;
    }
    const done = await attempt("Moved", async () => {
      if (scope === "this" || !source.recurringEventId) {
        const body = timesBody(after, source.start?.timeZone ?? zone());
        return requireApi().patchEvent(calendarId, source.id, body, sendUpdates);
      }
      const master = await requireApi().getEvent(calendarId, source.recurringEventId);
      const body = moveSeriesBody(master, spanOf(source), after, zone());
      return requireApi().patchEvent(calendarId, master.id, body, sendUpdates);
    });
    if (!done) revert();
  });
}

async function attempt(done: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    toast(done);
    return true;
  } catch (error) {
    toast(messageOf(error), "failed");
    return false;
  } finally {
    refreshWanted = true;
    refresh();
  }
}

async function withHold<Result>(action: () => Promise<Result>): Promise<Result> {
  hold();
  try {
    return await action();
  } finally {
    release();
  }
}

function requireApi(): CalendarApi {
  if (!api) throw new Error("Choose an account first.");
  return api;
}

async function loadCalendars(): Promise<void> {
  calendars = await requireApi().listCalendars();
  calendarSelect.replaceChildren(
    ...calendars.map((entry) => h("option", { value: entry.id }, entry.summaryOverride ?? entry.summary)),
  );
}

function switchAccount(): Promise<void> {
  return chooseAccount(accountSelect.value).catch((error: unknown) => toast(messageOf(error), "failed"));
}

async function chooseAccount(chosen: string): Promise<void> {
  email = chosen;
  accountSelect.value = chosen;
  api = APIS[provider]?.(chosen);
  await loadCalendars();
  const wanted = query.get("calendar");
  query.delete("calendar");
  const found = calendars.find((entry) => entry.id === wanted) ?? calendars.find((entry) => entry.primary);
  chooseCalendar((found ?? calendars[0])?.id ?? "");
}

function chooseCalendar(id: string): void {
  current = calendars.find((entry) => entry.id === id);
  if (!current) return;
  calendarSelect.value = id;
  zoneNote.textContent = `Times in ${zone()}`;
  document.title = `${current.summaryOverride ?? current.summary} · calsync sandbox`;
  calendar.setOption("timeZone", zone());
  calendar.setOption("eventColor", current.backgroundColor ?? "#2f5597");
  calendar.setOption("eventContrastColor", current.foregroundColor ?? "#ffffff");
  createButton.disabled = !isWritable();
  calendar.setOption("selectable", !createButton.disabled);
  rememberPlace();
  refresh();
  listen();
}

function rememberPlace(): void {
  if (!current) return;
  const place = new URLSearchParams({ account: email, calendar: current.id });
  place.set("date", calendar.formatIso(calendar.getDate(), true).slice(0, 10));
  history.replaceState(null, "", `?${place}`);
}

let unfollow = () => {};

/** Draws the calendar anew when anything in it changes, whoever did it. */
function listen(): void {
  unfollow();
  unfollow = followChanges(current?.id ?? null, refresh, () => {
    loadLists().catch((error: unknown) => toast(messageOf(error), "failed"));
  });
}

async function loadLists(): Promise<void> {
  const accounts = await loadAccounts();
  if (api && accounts.some((account) => account.email === email)) {
    await loadCalendars();
    if (current) calendarSelect.value = current.id;
  } else if (accounts[0]) {
    await chooseAccount(accounts[0].email);
  }
}

/** Shows the accounts that there are now; an app's consent page makes new ones. */
async function loadAccounts(): Promise<SandboxAccount[]> {
  const path = `/sandbox/api/accounts?provider=${provider}`;
  const { accounts } = await sandboxApi<{ accounts: SandboxAccount[] }>("GET", path);
  accountSelect.replaceChildren(
    ...accounts.map((account) => h("option", { value: account.email }, account.email)),
  );
  if (email) accountSelect.value = email;
  return accounts;
}

async function start(): Promise<void> {
  calendar.render();
  const accounts = await loadAccounts();
  const wanted = query.get("account")?.toLowerCase();
  const chosen = accounts.find((account) => account.email === wanted) ?? accounts[0];
  if (!chosen) {
    toast("There is no account yet. Sign in through an app's consent page to make one.", "failed");
    listen();
    return;
  }
  await chooseAccount(chosen.email);
}

start().catch((error: unknown) => toast(messageOf(error), "failed"));
