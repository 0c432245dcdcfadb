import { CalendarError } from "@calsync/lib";
import type { CalendarErrorCode, CalendarEvent } from "@calsync/types";
import { expect } from "vitest";
import type { ContractGap, ContractSetup, ContractSubject } from "./subject.ts";

/** What each part of the suite gets: the setup, and the subject of the test that is running. */
export interface ContractContext {
  setup: ContractSetup;
  subject(): ContractSubject;
  /** Whether the provider has this ability, that is, has not declared its lack. */
  can(ability: ContractGap): boolean;
}

/** Expects a CalendarError with this code, and nothing but a CalendarError. */
export async function expectCode(promise: Promise<unknown>, code: CalendarErrorCode): Promise<CalendarError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, `expected a CalendarError ${code}`).toBeInstanceOf(CalendarError);
  expect((error as CalendarError).code).toBe(code);
  return error as CalendarError;
}

/** What of a written event must read back the same. The sequence may have risen, the UID may be the provider's. */
export function readableFields({ can }: ContractContext, event: CalendarEvent): Partial<CalendarEvent> {
  const { iCalUid: _iCalUid, sequence: _sequence, marker, visibility, ...fields } = event;
  return {
    ...fields,
    ...(can("marker") ? { marker } : {}),
    ...(can("visibility") ? { visibility } : {}),
  };
}
