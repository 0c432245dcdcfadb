import fc from "fast-check";
import { expect, test } from "vitest";
import { oneBooking } from "../test-support/one-booking.ts";
import { planInbound } from "./plan-inbound.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { type EventSnapshot, SNAPSHOT_FIELDS } from "./snapshot.ts";

const NOW = new Date("2026-06-01T12:00:00.000Z");
const time = (hour: number): EventSnapshot["time"] => ({
  allDay: false,
  start: `2026-06-03T0${hour}:00:00.000Z`,
  end: `2026-06-03T0${hour + 1}:00:00.000Z`,
  timeZone: "Europe/Berlin",
});
const { local, present, reference } = oneBooking(
  { time: time(1), title: "Intro", description: "", location: "Room 1", attendees: [] },
  "2026-05-01T00:00:00.000Z",
  { updatedAt: "2026-06-01T11:59:00.000Z" },
);

test("invariant 11, one step: whatever the two sides are, plan and push leave them equal in every followed field", () => {
  const text = fc.constantFrom("a", "b", "c");
  const snapshot: fc.Arbitrary<EventSnapshot> = fc.record({
    time: fc.integer({ min: 1, max: 4 }).map((hour) => time(hour)),
    title: text,
    description: text,
    location: text,
    attendees: fc.constant([]),
  });
  fc.assert(
    fc.property(
      fc.option(fc.record({ local: snapshot, remote: snapshot })),
      fc.array(fc.record({ local: snapshot, remote: snapshot }), { maxLength: 3 }),
      snapshot,
      snapshot,
      fc.constantFrom("last-write-wins" as const, "calendar-wins" as const, "booking-wins" as const),
      fc.constantFrom("2026-06-01T11:58:00.000Z", "2026-06-01T11:59:30.000Z"),
      (base, pending, mine, theirs, conflict, changedAt) => {
        const changed = Object.fromEntries(SNAPSHOT_FIELDS.map((field) => [field, changedAt]));
        const result = planInbound({
          reference: reference({ base, pending }),
          local: local(mine, { changedAt: changed }),
          remote: present(theirs),
          policy: { ...DEFAULT_POLICY, conflict },
          now: NOW,
        });
        const after = { ...mine };
        for (const action of result.actions) {
          if (action.kind === "reschedule") after.time = action.time;
          if (action.kind === "change-details") {
            const {
              title = after.title,
              description = after.description,
              location = after.location,
            } = action;
            Object.assign(after, { title, description, location });
          }
        }
        const calendar = result.push ? after : theirs;
        // What each side stored in its own way counts as equal; without such a difference both must be the same.
        const sameSpelling =
          base === null ||
          SNAPSHOT_FIELDS.every(
            (field) => JSON.stringify(base.local[field]) === JSON.stringify(base.remote[field]),
          );
        const samePending = pending.every((write) =>
          SNAPSHOT_FIELDS.every(
            (field) => JSON.stringify(write.local[field]) === JSON.stringify(write.remote[field]),
          ),
        );
        if (sameSpelling && samePending) expect(calendar).toEqual(after);
      },
    ),
    { numRuns: 2_000 },
  );
});
