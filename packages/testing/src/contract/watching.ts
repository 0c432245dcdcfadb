import type { ChannelRequest } from "@calsync/types";
import { describe, expect, test } from "vitest";
import { type ContractContext, expectCode } from "./context.ts";
import { eventually, hour } from "./samples.ts";
import type { ContractReceiver } from "./subject.ts";

const DAY_MS = 86_400_000;

/** What `watchCalendar` and `unwatchCalendar` promise. */
export function describeWatching({ setup, subject }: ContractContext): void {
  const { notifications, maxSubscriptionMs } = setup.capabilities;

  if (notifications === "none") {
    describe("watching", () => {
      test("a calendar cannot be watched and says so", async () => {
        const { service, calendarId } = subject();
        const address = "https://calsync.example/notifications";
        await expectCode(service.watchCalendar(calendarId, channelRequest(address)), "WATCH_UNSUPPORTED");
      });
    });
    return;
  }

  if (notifications === "integration") {
    describe("watching", () => {
      test("a watched calendar is told of by the resource that its channel names", async () => {
        const { service, calendarId, person } = subject();
        const channel = await service.watchCalendar(calendarId, channelRequest(receiver().address));
        expect(channel.calendarId).toBe(calendarId);
        await person.create({ title: "By hand", time: hour(9) });
        await eventually(() => {
          const { resources } = receiver();
          return resources?.().find((id) => id === channel.providerResourceId) ?? null;
        });
        await service.unwatchCalendar(channel);
        await service.unwatchCalendar(channel);
      });

      test("a calendar that is not there cannot be watched", async () => {
        const { service } = subject();
        await expectCode(
          service.watchCalendar("no-such-calendar@calsync.example", channelRequest(receiver().address)),
          "CALENDAR_NOT_FOUND",
        );
      });
    });
    return;
  }

  describe("watching", () => {
    test("a watched calendar tells of a change, with the secret", async () => {
      const { service, calendarId, person } = subject();
      const request = channelRequest(receiver().address);
      const channel = await service.watchCalendar(calendarId, request);
      expect(channel.calendarId).toBe(calendarId);
      await person.create({ title: "By hand", time: hour(9) });
      const change = await eventually(() => findChange(channel.providerSubscriptionId));
      expect(change.secret).toBe(request.secret);
      await service.unwatchCalendar(channel);
    });

    test("a channel's life is no longer than the provider allows", async () => {
      const { service, calendarId } = subject();
      const request = { ...channelRequest(receiver().address), lifetimeMs: 400 * DAY_MS };
      const before = Date.now();
      const channel = await service.watchCalendar(calendarId, request);
      if (maxSubscriptionMs !== null && channel.expiresAt) {
        expect(channel.expiresAt.getTime()).toBeLessThanOrEqual(before + maxSubscriptionMs + 5 * 60_000);
      }
      await service.unwatchCalendar(channel);
    });

    test("a calendar can be watched by a second channel before the first one ends", async () => {
      const { service, calendarId, person } = subject();
      const first = await service.watchCalendar(calendarId, channelRequest(receiver().address));
      const second = await service.watchCalendar(calendarId, channelRequest(receiver().address));
      expect(second.providerSubscriptionId).not.toBe(first.providerSubscriptionId);
      await service.unwatchCalendar(first);
      await person.create({ title: "By hand", time: hour(9) });
      await eventually(() => findChange(second.providerSubscriptionId));
      await service.unwatchCalendar(second);
    });

    test("watching again after a lost answer gives a channel that works", async () => {
      const { service, calendarId, person, faults } = subject();
      const request = channelRequest(receiver().address);
      faults.loseNextAnswer();
      await service.watchCalendar(calendarId, request).catch(() => undefined);
      const channel = await service.watchCalendar(calendarId, request);
      await person.create({ title: "By hand", time: hour(9) });
      await eventually(() => findChange(channel.providerSubscriptionId));
      await service.unwatchCalendar(channel);
    });

    test("a channel that can be renewed lives on under its id and secret, and one that is gone says so", async () => {
      const { service, calendarId, person } = subject();
      if (!service.renewChannel) return;
      const request = { ...channelRequest(receiver().address), lifetimeMs: DAY_MS };
      const channel = await service.watchCalendar(calendarId, request);
      const renewed = await service.renewChannel(channel, 2 * DAY_MS);
      expect(renewed?.providerSubscriptionId).toBe(channel.providerSubscriptionId);
      expect(renewed?.calendarId).toBe(calendarId);
      expect((renewed?.expiresAt?.getTime() ?? 0) - (channel.expiresAt?.getTime() ?? 0)).toBeGreaterThan(
        DAY_MS / 2,
      );
      await person.create({ title: "By hand", time: hour(9) });
      const change = await eventually(() => findChange(channel.providerSubscriptionId));
      expect(change.secret).toBe(request.secret);
      await service.unwatchCalendar(channel);
      expect(await service.renewChannel(channel, DAY_MS)).toBeNull();
    });

    test("stopping a channel twice, or one that never was, is no error", async () => {
      const { service, calendarId } = subject();
      const channel = await service.watchCalendar(calendarId, channelRequest(receiver().address));
      await service.unwatchCalendar(channel);
      await service.unwatchCalendar(channel);
      await service.unwatchCalendar({ ...channel, providerSubscriptionId: crypto.randomUUID() });
    });

    test("a calendar that is not there cannot be watched", async () => {
      const { service } = subject();
      await expectCode(
        service.watchCalendar("no-such-calendar@calsync.example", channelRequest(receiver().address)),
        "CALENDAR_NOT_FOUND",
      );
    });

    test("a calendar that sends no notifications says so", async () => {
      const { service, receiver: own } = subject();
      if (!own?.unwatchableCalendarId) return;
      await expectCode(
        service.watchCalendar(own.unwatchableCalendarId, channelRequest(own.address)),
        "WATCH_UNSUPPORTED",
      );
    });
  });

  function receiver(): ContractReceiver {
    const own = subject().receiver;
    if (!own) throw new Error("a provider with notifications needs a receiver in its setup");
    return own;
  }

  function findChange(providerSubscriptionId: string) {
    return (
      receiver()
        .received()
        .find((seen) => seen.kind === "change" && seen.providerSubscriptionId === providerSubscriptionId) ??
      null
    );
  }
}

function channelRequest(address: string): ChannelRequest {
  return { id: crypto.randomUUID(), address, secret: crypto.randomUUID(), lifetimeMs: DAY_MS };
}
