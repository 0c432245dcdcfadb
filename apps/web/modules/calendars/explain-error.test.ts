import { describe, expect, it } from "vitest";
import { explainCalendarError, explainConnectError } from "./explain-error.ts";

describe("a calendar's error in words", () => {
  it("says what to do, whatever the code's case", () => {
    expect(explainCalendarError("CREDENTIAL_INVALID")).toContain("Connect the account again");
    expect(explainConnectError("rate_limit_exceeded")).toContain("asked for a pause");
  });

  it("names the column of a table that is gone, and says what happens until another one is chosen", () => {
    const message = "Notion: The column of “Work” that held the place is gone; choose another one.";
    expect(explainCalendarError("MAPPING_INVALID", message)).toBe(
      "The column of “Work” that held the place is gone; choose another one. It is chosen under Columns; until then nothing is changed on either side.",
    );
    expect(explainCalendarError("MAPPING_INVALID")).toContain("under Columns");
  });

  it("falls back to the server's words for a code that is not known here", () => {
    expect(explainCalendarError("NEW_CODE", "The moon is in the way.")).toBe("The moon is in the way.");
    expect(explainCalendarError("NEW_CODE")).toContain("tried again");
    expect(explainConnectError("new_code")).toContain("was not connected");
  });

  it("names the permissions that were left out, and only those that are known", () => {
    expect(explainConnectError("missing_scopes", "events,free-busy,<b>")).toBe(
      "Not granted: to see and edit events, and to see when calendars are busy. Connect again and leave all boxes ticked.",
    );
    expect(explainConnectError("missing_scopes", "toString")).toContain("Some of the permissions");
  });
});
