import type { SeededRandom } from "../../SeededRandom.ts";
import { badRequest, conflict } from "../errors.ts";
import type { ApiDispatcher, RawAnswer, RawCall } from "./ApiDispatcher.ts";

/** The batch guide says 1000; other Google material uses 50, which careful clients keep to. */
const MAX_PARTS = 1000;

interface Part {
  contentId: string | null;
  call: RawCall;
}

/**
 * Answers `POST /batch/calendar/v3`. Parts are executed in shuffled order and answered in the order they came;
 * parts that write to a resource which another part writes too are refused with 409 `conflict`.
 */
export async function answerBatch(
  dispatcher: ApiDispatcher,
  random: SeededRandom,
  contentType: string,
  headers: Record<string, string | undefined>,
  text: string,
): Promise<{ contentType: string; text: string }> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!boundary) throw badRequest("A batch needs a multipart/mixed body with a boundary.");
  const parts = readParts(text, boundary, headers);
  if (parts.length > MAX_PARTS) throw badRequest(`A batch has at most ${MAX_PARTS} parts.`);
  const writers = new Map<string, number>();
  for (const { call } of parts) {
    const resource = dispatcher.writtenResource(call);
    if (resource) writers.set(resource, (writers.get(resource) ?? 0) + 1);
  }
  const answers = new Map<Part, RawAnswer>();
  const seen = new Set<string>();
  for (const part of random.shuffled(parts)) {
    const resource = dispatcher.writtenResource(part.call);
    if (resource && (writers.get(resource) ?? 0) > 1 && seen.has(resource)) {
      answers.set(part, { status: 409, body: conflict().toBody() });
      continue;
    }
    if (resource) seen.add(resource);
    const answer = await dispatcher.answer(part.call);
    // One part has no connection of its own to lose.
    answers.set(part, answer.cut ? { status: 503, body: {} } : answer);
    answer.afterwards?.();
  }
  const outer = `batch_${random.integer(1_000_000, 9_999_999)}`;
  const printed = parts.map((part) => printPart(part, answers.get(part) as RawAnswer, outer));
  return { contentType: `multipart/mixed; boundary=${outer}`, text: `${printed.join("")}--${outer}--\r\n` };
}

function readParts(text: string, boundary: string, outer: Record<string, string | undefined>): Part[] {
  const sections = text.replace(/\r\n/g, "\n").split(`--${boundary}`);
  const parts: Part[] = [];
  for (const section of sections.slice(1)) {
    if (section.startsWith("--")) break;
    parts.push(readPart(section.replace(/^\n/, "").replace(/\n$/, ""), outer));
  }
  if (parts.length === 0) throw badRequest("The batch has no parts.");
  return parts;
}

function readPart(section: string, outer: Record<string, string | undefined>): Part {
  const [partHeaders, request] = splitOnce(section);
  const [head, bodyText] = splitOnce(request.replace(/^\n+/, ""));
  const [requestLine = "", ...headerLines] = head.split("\n");
  const match = /^([A-Z]+)\s+(\S+)/.exec(requestLine);
  if (!match) throw badRequest("A part of the batch has no request line.");
  const contentId = /^content-id:\s*(.+)$/im.exec(partHeaders)?.[1]?.trim() ?? null;
  return {
    contentId,
    call: {
      verb: match[1] as string,
      target: (match[2] as string).replace(/^https?:\/\/[^/]+/, ""),
      // Outer headers apply to every part, but for those that describe the outer body.
      headers: { ...withoutContentHeaders(outer), ...readHeaders(headerLines) },
      text: bodyText,
    },
  };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("\n\n");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 2)];
}

function readHeaders(lines: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const at = line.indexOf(":");
    if (at > 0) headers[line.slice(0, at).trim().toLowerCase()] = line.slice(at + 1).trim();
  }
  return headers;
}

function withoutContentHeaders(
  headers: Record<string, string | undefined>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("content-")));
}

function printPart({ contentId }: Part, answer: RawAnswer, boundary: string): string {
  const body = answer.body ? JSON.stringify(answer.body) : "";
  const lines = [`--${boundary}`, "Content-Type: application/http"];
  if (contentId) lines.push(`Content-ID: ${contentId.replace(/^<?(.*?)>?$/, "<response-$1>")}`);
  lines.push("", `HTTP/1.1 ${answer.status} ${answer.status < 300 ? "OK" : "Error"}`);
  if (answer.etag) lines.push(`ETag: ${answer.etag}`);
  if (body) lines.push("Content-Type: application/json; charset=UTF-8");
  lines.push(`Content-Length: ${Buffer.byteLength(body)}`, "", body, "");
  return lines.join("\r\n");
}
