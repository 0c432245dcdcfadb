import { AppError } from "@calsync/lib";
import type { CalendarPermission } from "@calsync/types";

const WORDS: Record<CalendarPermission, string> = {
  events: "see and edit events",
  "calendar-list": "see the list of calendars",
  "free-busy": "see when calendars are busy",
};

/** The user has left out something on the consent page that sync cannot do without. Nothing was connected. */
export class MissingPermissionsError extends AppError {
  readonly permissions: readonly CalendarPermission[];

  constructor(permissions: readonly CalendarPermission[]) {
    const missing = permissions.map((permission) => WORDS[permission]).join(", and to ");
    super("invalid", "missing_scopes", `The account was not connected: it was not allowed to ${missing}.`, {
      hint: "Connect again and leave every box on the consent page ticked.",
    });
    this.permissions = permissions;
  }
}
