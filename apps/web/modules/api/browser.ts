"use client";

import { problemOf, unreachable, unreadable } from "./problem.ts";

/** A request of the browser to the API, through the web app's own origin. */
export interface ApiRequest {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of a body. */
  calendarFile?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Asks the API from the browser.
 * @param path below `/api`, such as `/v1/slots?…`
 * @returns the answer's JSON; undefined for answers without a body
 * @throws ApiProblem for every answer that is not ok and for no answer; DOMException "AbortError" when aborted
 */
export async function callApi<T>(path: `/v1/${string}`, request: ApiRequest = {}): Promise<T> {
  const { method = "GET", body, calendarFile, headers, signal } = request;
  const content = calendarFile ?? (body === undefined ? undefined : JSON.stringify(body));
  const type = calendarFile ? "text/calendar" : "application/json";
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers: {
        accept: "application/json",
        // Only pages of our own can send it: the API's guard against requests of other sites.
        ...(method === "GET" ? {} : { "x-calsync-csrf": "1" }),
        ...(content === undefined ? {} : { "content-type": type }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
      ...(signal ? { signal } : {}),
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable(error);
  }
  if (response.ok) return (response.status === 204 ? undefined : await readJson(response)) as T;
  const problem = await problemOf(response);
  if (problem.code === "not_signed_in" && !path.startsWith("/v1/session")) leaveForLogin();
  throw problem;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(response.status, cause);
  }
}

/** The session has ended while the page was open. */
function leaveForLogin(): void {
  const here = `${window.location.pathname}${window.location.search}`;
  window.location.assign(`/login?returnTo=${encodeURIComponent(here)}`);
}
