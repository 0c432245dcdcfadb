import { AppError, type AppErrorOptions } from "@calsync/lib";

/** A request that cannot be right, whenever it is made. */
export function invalid(code: string, message: string, hint?: string): AppError {
  return new AppError("invalid", code, message, hint === undefined ? {} : { hint });
}

/** A request that the state of things does not allow. */
export function conflict(
  code: string,
  message: string,
  hint?: string,
  cause?: unknown,
  errors?: AppErrorOptions["errors"],
): AppError {
  return new AppError("conflict", code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
    ...(errors === undefined ? {} : { errors }),
  });
}

/** A request that this viewer may not make. */
export function forbidden(code: string, message: string, hint: string): AppError {
  return new AppError("forbidden", code, message, { hint });
}

/** The time has gone, a moment ago or longer. */
export function slotTaken(cause?: unknown): AppError {
  return conflict("slot_taken", "This time has been taken.", "Choose another time.", cause);
}

/** A calendar of the host's cannot be read, so nobody knows whether a time is free. */
export function calendarUnreadable(): AppError {
  return new AppError(
    "unavailable",
    "calendar_unreadable",
    "One of the host's calendars cannot be read at the moment, so no time can be promised.",
    { hint: "Try again in a few minutes." },
  );
}

/** The booking is over. */
export function bookingEnded(): AppError {
  return conflict("booking_ended", "This booking has ended; what is past stays as it was.");
}

/** Guests who share an appointment come and go one by one; a series belongs to those who booked it. */
export function seatsAndSeries(): AppError {
  return conflict(
    "seats_and_recurrence",
    "An event type with more than one seat cannot be recurring: a series is booked by one guest alone.",
    "Set `seats` to 1 or `recurrence` to null in the same change.",
  );
}

/** Two event types of a host cannot be called the same. @param cause the database's refusal */
export function slugTaken(cause: unknown): AppError {
  return conflict("slug_taken", "Another of your event types has this slug.", "Choose another slug.", cause);
}

/** Also for bookings of others: whoever may not see one does not learn that it exists. */
export function unknownBooking(): AppError {
  return notFound("unknown_booking", "There is no such booking, or this link does not belong to it.");
}

/** There is no such event type, or it is somebody else's. */
export function unknownEventType(): AppError {
  return notFound("unknown_event_type", "There is no such event type.");
}

/** There is no such host. */
export function unknownHost(): AppError {
  return notFound("unknown_host", "There is no such host.");
}

function notFound(code: string, message: string): AppError {
  return new AppError("not-found", code, message);
}
