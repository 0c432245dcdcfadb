import { describe, expect, test } from "vitest";
import { DELETED, oneBooking } from "../test-support/one-booking.ts";
import { type InboundInput, planInbound } from "./plan-inbound.ts";
import { DEFAULT_POLICY } from "./policy.ts";

/* What a booking and an event mean to each other that have never agreed on anything (ADR 0031). */

const { local, present, reference } = oneBooking(
  {
    time: {
      allDay: false,
      start: "2026-06-03T10:00:00.000Z",
      end: "2026-06-03T11:00:00.000Z",
      timeZone: "UTC",
    },
    title: "Intro",
    description: "",
    location: "",
    attendees: [],
  },
  "2026-05-01T00:00:00.000Z",
  { updatedAt: "2026-06-01T11:59:00.000Z" },
);
const plan = (changes: Partial<InboundInput>) =>
  planInbound({
    reference: reference(),
    local: local(),
    remote: present(),
    policy: DEFAULT_POLICY,
    now: new Date("2026-06-01T12:00:00.000Z"),
    ...changes,
  });

describe("an event that was found under the booking's UID", () => {
  const stranger = reference({ status: "PENDING", version: null, base: null });
  const ann = { email: "ann@x.test", name: "Ann", response: "accepted" as const, optional: false };
  const bob = { ...ann, email: "bob@x.test" };
  test("is agreed on when it says the same", () => {
    expect(plan({ reference: stranger })).toMatchObject({
      actions: [],
      push: false,
      reference: { status: "SYNCED", version: "v2" },
    });
  });

  test("counts where it was changed last, and is written over where the booking was", () => {
    const remote = present({ title: "Theirs" });
    expect(plan({ reference: stranger, remote }).actions).toMatchObject([
      { kind: "change-details", title: "Theirs", reason: "remote-wins-last-write" },
    ]);
    const late = local({}, { changedAt: { title: "2026-06-01T11:59:59.000Z" } });
    expect(plan({ reference: stranger, remote, local: late })).toMatchObject({
      actions: [],
      push: true,
      refusals: [{ reason: "local-wins-last-write" }],
    });
  });

  test("is asked about where the host wants to be asked", () => {
    const policy = { ...DEFAULT_POLICY, conflict: "ask" } as const;
    expect(plan({ policy, reference: stranger, remote: present({ title: "Theirs" }) }).hold).toMatchObject({
      kind: "FIELDS",
      fields: ["title"],
    });
  });

  test("takes nobody off: people of both stay", () => {
    const result = plan({
      reference: stranger,
      local: local({ attendees: [ann] }),
      remote: present({ attendees: [bob] }),
    });
    expect(result.actions).toMatchObject([
      { kind: "change-attendees", attendees: [ann, bob], added: [bob], removed: [] },
    ]);
    expect(result.push).toBe(true);
  });

  test("and has gone again cancels nothing: the booking gets an event of its own", () => {
    expect(plan({ reference: stranger, remote: DELETED })).toMatchObject({
      actions: [],
      refusals: [],
      push: true,
      reference: { status: "PENDING", recreate: true },
    });
  });
});
