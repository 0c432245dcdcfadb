import {
  type ApiAttendee,
  type ApiEvent,
  addDays,
  fromLocalInput,
  hasPrivateProperties,
  localInput,
  parseGuests,
  parseRecurrence,
  type Span,
  spanOf,
} from "../event-model.ts";
import { h, openDialog } from "./dom.ts";

/** What a person asked for in the event dialog. */
export type EventDialogAnswer =
  | { action: "delete"; notify: boolean }
  | { action: "save"; fields: EventFields; notify: boolean };

/** The fields of the dialog as they were left; only what differs from the event is present. */
export interface EventFields {
  summary?: string;
  description?: string;
  location?: string;
  attendees?: ApiAttendee[];
  recurrence?: string[];
  span?: Span;
}

/** What the viewer may do with an event: change it, answer and remove an invitation, or only look. */
export type EventRights = "edit" | "answer" | "none";

/** What the dialog starts from. */
export interface EventDialogInput {
  /** The event to edit; without an id it is a new one. */
  event: Partial<ApiEvent>;
  span: Span;
  /** The recurrence of the series, for an instance too. */
  recurrence: string[];
  timeZone: string;
  rights: EventRights;
}

/** Shows the dialog to create or edit an event. Null when it was left without a choice. */
export function openEventDialog(input: EventDialogInput): Promise<EventDialogAnswer | null> {
  const { event, span, timeZone, rights } = input;
  const readOnly = rights !== "edit";
  const isNew = event.id === undefined;
  const label = isNew ? "New event" : "Edit event";
  return openDialog<EventDialogAnswer>(label, (close) => {
    const title = textField("Title", event.summary ?? "", readOnly);
    title.input.setAttribute("autofocus", "");
    const allDay = h("input", {
      type: "checkbox",
      id: "event-all-day",
      checked: span.allDay,
      disabled: readOnly,
    });
    const start = h("input", { id: "event-start", required: true, disabled: readOnly });
    const end = h("input", { id: "event-end", required: true, disabled: readOnly });
    const location = textField("Location", event.location ?? "", readOnly);
    const guests = areaField(
      "Guests",
      (event.attendees ?? []).map((guest) => guest.email).join("\n"),
      readOnly,
      2,
    );
    const recurrence = areaField("Recurrence", input.recurrence.join("\n"), readOnly, 2);
    recurrence.input.placeholder = "FREQ=WEEKLY;BYDAY=TU;COUNT=6";
    const description = areaField("Description", event.description ?? "", readOnly, 3);
    const notify = h("input", { type: "checkbox", id: "event-notify", checked: true });
    const answer = rights === "none" ? undefined : answerField(event);
    const problem = h("p", { class: "problem", role: "alert" });

    const showSpan = (current: Span) => {
      for (const field of [start, end]) field.type = current.allDay ? "date" : "datetime-local";
      start.value = current.allDay ? current.start : localInput(current.start, timeZone);
      // A person reads the last day, the API the day after it.
      end.value = current.allDay ? addDays(current.end, -1) : localInput(current.end, timeZone);
    };
    const readSpan = (isAllDay: boolean): Span =>
      isAllDay
        ? { start: start.value, end: addDays(end.value, 1), allDay: true }
        : {
            start: fromLocalInput(start.value, timeZone),
            end: fromLocalInput(end.value, timeZone),
            allDay: false,
          };
    showSpan(span);
    const startLocal = start.value;
    const endLocal = end.value;
    allDay.addEventListener("change", () => {
      if (!start.value || !end.value) return;
      const current = readSpan(!allDay.checked);
      showSpan(
        allDay.checked
          ? { start: start.value.slice(0, 10), end: addDays(end.value.slice(0, 10), 1), allDay: true }
          : {
              start: fromLocalInput(`${current.start}T09:00`, timeZone),
              end: fromLocalInput(`${addDays(current.end, -1)}T10:00`, timeZone),
              allDay: false,
            },
      );
    });

    const save = (submitted: Event) => {
      submitted.preventDefault();
      const next = readSpan(allDay.checked);
      if (next.end < next.start || (!next.allDay && Date.parse(next.end) < Date.parse(next.start))) {
        problem.textContent = "The end is before the start.";
        end.focus();
        return;
      }
      const changes: EventFields = {};
      if (isNew || title.input.value !== (event.summary ?? "")) changes.summary = title.input.value;
      if (location.input.value !== (event.location ?? "")) changes.location = location.input.value;
      if (description.input.value !== (event.description ?? ""))
        changes.description = description.input.value;
      const rules = parseRecurrence(recurrence.input.value);
      if (rules.join("\n") !== input.recurrence.join("\n")) changes.recurrence = rules;
      const attendees = readGuests(guests.input.value, event.attendees ?? [], answer?.select.value);
      if (JSON.stringify(attendees) !== JSON.stringify(event.attendees ?? [])) changes.attendees = attendees;
      const moved = allDay.checked !== span.allDay || start.value !== startLocal || end.value !== endLocal;
      if (isNew || moved) changes.span = next;
      close({ action: "save", fields: changes, notify: notify.checked });
    };

    return h(
      "form",
      { class: "event-form", method: "dialog", onsubmit: save },
      h("h2", {}, label),
      title.row,
      h("p", { class: "field check" }, allDay, h("label", { for: "event-all-day" }, "All day")),
      h(
        "div",
        { class: "pair" },
        h("p", { class: "field" }, h("label", { for: "event-start" }, "Start"), start),
        h("p", { class: "field" }, h("label", { for: "event-end" }, "End"), end),
      ),
      location.row,
      guests.row,
      answer?.row,
      recurrence.row,
      description.row,
      isNew ? null : facts(event),
      problem,
      rights === "none"
        ? null
        : h(
            "p",
            { class: "field check" },
            notify,
            h("label", { for: "event-notify" }, "Send updates by e-mail"),
          ),
      h(
        "div",
        { class: "buttons" },
        !isNew && rights !== "none"
          ? h(
              "button",
              {
                type: "button",
                class: "danger",
                onclick: () => close({ action: "delete", notify: notify.checked }),
              },
              "Delete",
            )
          : null,
        h("span", { class: "grow" }),
        h("button", { type: "button", onclick: () => close(null) }, rights === "none" ? "Close" : "Cancel"),
        rights === "none" ? null : h("button", { type: "submit", class: "primary" }, "Save"),
      ),
    );
  });
}

/** Asks whether a change of one instance means the instance or its series. Null when it was left without a choice. */
export function askSeriesScope(what: "Move" | "Save" | "Delete"): Promise<"this" | "all" | null> {
  const label = `${what} recurring event`;
  return openDialog<"this" | "all">(label, (close) =>
    h(
      "div",
      { class: "choice" },
      h("h2", {}, label),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", onclick: () => close(null) }, "Cancel"),
        h("span", { class: "grow" }),
        h("button", { type: "button", onclick: () => close("all") }, "All events"),
        h(
          "button",
          { type: "button", class: "primary", autofocus: true, onclick: () => close("this") },
          "This event",
        ),
      ),
    ),
  );
}

function textField(label: string, value: string, readOnly: boolean) {
  const id = `event-${label.toLowerCase()}`;
  const input = h("input", { type: "text", id, value, readonly: readOnly, autocomplete: "off" });
  return { input, row: h("p", { class: "field" }, h("label", { for: id }, label), input) };
}

function areaField(label: string, value: string, readOnly: boolean, rows: number) {
  const id = `event-${label.toLowerCase()}`;
  const input = h("textarea", { id, rows, readonly: readOnly }, value);
  return { input, row: h("p", { class: "field" }, h("label", { for: id }, label), input) };
}

const ANSWERS = [
  ["needsAction", "Not answered"],
  ["accepted", "Yes"],
  ["tentative", "Maybe"],
  ["declined", "No"],
] as const;

/** The choice of an invited guest; undefined when the viewer is not one. */
function answerField(event: Partial<ApiEvent>) {
  const self = event.attendees?.find((guest) => guest.self);
  if (!self) return undefined;
  const select = h(
    "select",
    { id: "event-answer" },
    ANSWERS.map(([value, text]) => h("option", { value, selected: self.responseStatus === value }, text)),
  );
  return { select, row: h("p", { class: "field" }, h("label", { for: "event-answer" }, "Going?"), select) };
}

/** Guests that stay keep what the API knows of them. */
function readGuests(text: string, known: ApiAttendee[], answer: string | undefined): ApiAttendee[] {
  return parseGuests(text).map((email) => {
    const guest = known.find((candidate) => candidate.email.toLowerCase() === email);
    if (!guest) return { email };
    return guest.self && answer
      ? { ...guest, responseStatus: answer as NonNullable<ApiAttendee["responseStatus"]> }
      : guest;
  });
}

function facts(event: Partial<ApiEvent>): HTMLElement {
  const rows: [string, string | undefined][] = [
    ["Organizer", event.organizer?.email],
    ["Event id", event.id],
    ["iCalUID", event.iCalUID],
    ["Sequence", event.sequence === undefined ? undefined : String(event.sequence)],
    ["ETag", event.etag],
    ["Updated", event.updated],
    ["Times", JSON.stringify(spanOf(event as ApiEvent))],
    ...Object.entries(event.extendedProperties?.private ?? {}).map(([key, value]): [string, string] => [
      `private.${key}`,
      value,
    ]),
  ];
  return h(
    "details",
    { class: "facts" },
    h(
      "summary",
      {},
      "Details",
      hasPrivateProperties(event as ApiEvent) ? h("span", { class: "badge" }, "from calsync") : null,
    ),
    h(
      "dl",
      {},
      rows.flatMap(([name, value]) => (value === undefined ? [] : [h("dt", {}, name), h("dd", {}, value)])),
    ),
  );
}
