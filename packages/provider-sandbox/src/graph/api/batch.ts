import { z } from "zod";
import type { SeededRandom } from "../../SeededRandom.ts";
import { badRequest, unreadableBody } from "../errors.ts";
import type { RawAnswer, RawCall } from "./GraphDispatcher.ts";

/** Documented. */
const MAX_ITEMS = 20;
/** Documented: toward one mailbox so many items run at a time. */
const AT_A_TIME = 4;

const item = z.object({
  id: z.string(),
  method: z.enum(["GET", "POST", "PATCH", "PUT", "DELETE"]),
  url: z.string(),
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.unknown().optional(),
  dependsOn: z.array(z.string()).nullish(),
});
const input = z.object({ requests: z.array(item).min(1) });
type Item = z.infer<typeof item>;

/** One answer inside a batch's. */
interface Part {
  id: string;
  status: number;
  headers: Record<string, string>;
  body?: object;
}

/** Where `$batch` is. */
export const BATCH_PATH = "/v1.0/$batch";

/**
 * `POST /$batch`: runs the items, those that depend on others after them, and answers all of them in an arbitrary order.
 * @param answer answers one item as if it had come alone
 * @throws GraphApiError 400 for a malformed batch: more than 20 items, an id twice, an absolute address, an unknown dependency
 */
export async function answerBatch(
  call: RawCall,
  answer: (item: RawCall) => Promise<RawAnswer>,
  random: SeededRandom,
): Promise<RawAnswer> {
  const items = readItems(call.text);
  const parts = new Map<string, Part>();
  let waiting = items;
  while (waiting.length > 0) {
    const ready = waiting
      .filter((one) => (one.dependsOn ?? []).every((id) => parts.has(id)))
      .slice(0, AT_A_TIME);
    if (ready.length === 0) throw badRequest("BadRequest", "The dependencies of the requests form a circle.");
    const answers = await Promise.all(ready.map((one) => runItem(one, call, parts, answer)));
    // Nobody hears of a batch whose connection broke.
    if (answers.includes(null)) return { status: 0, headers: {}, cut: true };
    for (const part of answers) if (part) parts.set(part.id, part);
    waiting = waiting.filter((one) => !ready.includes(one));
  }
  return { status: 200, headers: {}, body: { responses: random.shuffled([...parts.values()]) } };
}

async function runItem(
  one: Item,
  call: RawCall,
  parts: ReadonlyMap<string, Part>,
  answer: (item: RawCall) => Promise<RawAnswer>,
): Promise<Part | null> {
  const failed = (one.dependsOn ?? []).some((id) => (parts.get(id)?.status ?? 0) >= 400);
  if (failed) {
    const error = { code: "FailedDependency", message: "A request that this one depends on has failed." };
    return { id: one.id, status: 424, headers: {}, body: { error } };
  }
  const headers: RawCall["headers"] = { authorization: call.headers.authorization };
  for (const [name, value] of Object.entries(one.headers ?? {})) headers[name.toLowerCase()] = value;
  const result = await answer({
    verb: one.method,
    target: `/v1.0/${one.url.replace(/^\//, "")}`,
    headers,
    text: one.body === undefined || one.body === null ? "" : JSON.stringify(one.body),
  });
  result.afterwards?.();
  if (result.cut) return null;
  return {
    id: one.id,
    status: result.status,
    headers: { ...named(result.headers), "Content-Type": "application/json" },
    ...(result.body ? { body: result.body } : {}),
  };
}

/** Names of headers as the batch' JSON shows them, e.g. `Retry-After`. */
function named(headers: Record<string, string>): Record<string, string> {
  const capital = (name: string) => name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [capital(name), value]));
}

function readItems(text: string): Item[] {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw unreadableBody(cause);
  }
  const { data } = input.safeParse(raw);
  if (!data) throw badRequest("BadRequest", "Invalid batch payload format.");
  const { requests } = data;
  if (requests.length > MAX_ITEMS) {
    throw badRequest(
      "BadRequest",
      `Number of batch request steps exceeds the maximum value of ${MAX_ITEMS}.`,
    );
  }
  const ids = new Set(requests.map(({ id }) => id));
  if (ids.size < requests.length)
    throw badRequest("BadRequest", "Every request in a batch needs an id of its own.");
  for (const one of requests) {
    if (/^https?:/i.test(one.url))
      throw badRequest("BadRequest", "The url of a batch' request must be relative.");
    if (one.dependsOn?.some((id) => !ids.has(id) || id === one.id)) {
      throw badRequest("BadRequest", `The request ${one.id} depends on one that is not there.`);
    }
  }
  return requests;
}
