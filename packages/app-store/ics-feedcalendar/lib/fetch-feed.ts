import { createHash } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import {
  CalendarError,
  createOutboundGuard,
  OutboundFailedError,
  OutboundRefusedError,
  outboundRequest,
} from "@calsync/lib";
import type { IcsFeedSettings } from "./settings.ts";

/** What a server told of a feed's version, sent back the next time (RFC 9110 §13.1). */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** A feed as it was fetched, or that it is as it was. */
export type FetchedFeed =
  | { unchanged: true }
  | { unchanged: false; bytes: Uint8Array; validators: Validators };

/**
 * Fetches a feed, unless it has not changed. `webcal://` is https; redirects are followed, each checked like the first
 * address; answers that are too large or too slow are given up.
 * @throws CalendarError CALENDAR_NOT_FOUND, PERMISSION_DENIED, RATE_LIMIT_EXCEEDED, CALENDAR_API_ERROR, NETWORK_ERROR
 */
export async function fetchFeed(
  url: string,
  known: Validators,
  settings: IcsFeedSettings,
  signal?: AbortSignal,
): Promise<FetchedFeed> {
  const guard = createOutboundGuard({ allow: settings.allowedHosts });
  const response = await outboundRequest(guard, {
    url: url.replace(/^webcals?:/i, "https:"),
    headers: {
      "user-agent": "calsync",
      accept: "text/calendar, text/plain;q=0.5, */*;q=0.1",
      ...(known.etag ? { "if-none-match": known.etag } : {}),
      ...(known.lastModified ? { "if-modified-since": known.lastModified } : {}),
    },
    timeoutMs: settings.requestTimeoutMs,
    maxResponseBytes: settings.maxFeedBytes,
    maxRedirects: 5,
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    throw toError(error);
  });
  const { status, headers } = response;
  if (status === 304) return { unchanged: true };
  if (status !== 200) throw refused(status, headers["retry-after"]);
  if (response.truncated) throw tooLarge(settings);
  return {
    unchanged: false,
    bytes: unpacked(response.body, headers["content-encoding"], settings),
    validators: { etag: headers["etag"] ?? null, lastModified: headers["last-modified"] ?? null },
  };
}

/** Some servers send a packed file whatever was asked for, and some publish one (`calendar.ics.gz`). */
function unpacked(body: Uint8Array, encoding: string | undefined, settings: IcsFeedSettings): Uint8Array {
  const options = { maxOutputLength: settings.maxFeedBytes };
  try {
    if (body[0] === 0x1f && body[1] === 0x8b) return gunzipSync(body, options);
    return encoding?.toLowerCase() === "deflate" ? inflateSync(body, options) : body;
  } catch (error) {
    throw error instanceof RangeError ? tooLarge(settings) : unreadable(error);
  }
}

const unreadable = (cause: unknown) =>
  new CalendarError("CALENDAR_API_ERROR", "ICS feed: the packed feed cannot be read", { cause });
const tooLarge = ({ maxFeedBytes }: IcsFeedSettings) =>
  new CalendarError(
    "INVALID_REQUEST",
    `ICS feed: the feed is larger than ${Math.floor(maxFeedBytes / 1048576)} MB`,
  );

function refused(status: number, retryAfter: string | undefined): CalendarError {
  const options = { status };
  if (status === 401 || status === 403) {
    return new CalendarError(
      "PERMISSION_DENIED",
      "ICS feed: the server does not show the feed; copy its address again",
      options,
    );
  }
  if (status === 404 || status === 410) {
    return new CalendarError(
      "CALENDAR_NOT_FOUND",
      "ICS feed: there is no feed at this address any more",
      options,
    );
  }
  if (status === 429 || status === 503) {
    const seconds = Number(retryAfter);
    const advice = Number.isFinite(seconds)
      ? ({ retry: "later", afterMs: seconds * 1_000 } as const)
      : undefined;
    const code = status === 429 ? "RATE_LIMIT_EXCEEDED" : "CALENDAR_API_ERROR";
    return new CalendarError(code, "ICS feed: the server is busy", { ...options, advice });
  }
  return new CalendarError("CALENDAR_API_ERROR", `ICS feed: the server failed (${status})`, options);
}

function toError(error: unknown): CalendarError {
  if (error instanceof OutboundRefusedError && error.code !== "unknown-host") {
    return new CalendarError("PERMISSION_DENIED", `ICS feed: ${error.message}`, {
      providerReason: error.code,
    });
  }
  const known = error instanceof OutboundFailedError || error instanceof OutboundRefusedError ? error : null;
  return new CalendarError(
    "NETWORK_ERROR",
    `ICS feed: ${known?.message ?? "the server could not be reached"}`,
    {
      providerReason: known?.code,
    },
  );
}

/** A short name of what something says. */
export const digestOf = (text: string): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, 16);
