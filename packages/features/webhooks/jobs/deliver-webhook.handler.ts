import { type JobHandler, RetryLater } from "@calsync/jobs";
import {
  backoffMs,
  OutboundFailedError,
  OutboundRefusedError,
  type OutboundResponse,
  outboundRequest,
} from "@calsync/lib";
import { signatureHeaders } from "../messages/sign.ts";
import type { WebhookData } from "../messages/webhook-message.ts";
import {
  type Attempt,
  type AttemptResult,
  beginAttempt,
  failWaiting,
  markDelivered,
  markFailed,
  markSuperseded,
  whyWaiting,
} from "../repositories/DeliveryRepository.ts";
import { disable } from "../repositories/WebhookRepository.ts";
import {
  DEFAULT_WEBHOOK_SETTINGS,
  secretBinding,
  type WebhookDependencies,
} from "../services/dependencies.ts";

/** So much of an answer is read, and so much of it kept. */
const MAX_RESPONSE_BYTES = 16 * 1024;
const EXCERPT_CHARACTERS = 1_000;
/** A receiver may ask us to wait, but not for ever. */
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;
/** Longest time for which a receiver that does not answer holds up its other messages. */
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Answers that speak for the receiver as a whole, not about one message. */
const OVERLOADED = [429, 502, 503, 504];

/** What one request has come to. */
type Answer =
  | { kind: "response"; response: OutboundResponse }
  | { kind: "failure"; message: string; unreachable: boolean };

/**
 * Sends one message. Each try is counted before it is made, and what came of it is noted after; nothing is held in the
 * database meanwhile. A crash in between repeats the try under the same id: receivers hear everything at least once.
 */
export function createDeliverWebhookHandler(deps: WebhookDependencies): JobHandler<{ deliveryId: string }> {
  const { prisma, secretBox, guard, now, random = Math.random } = deps;
  const settings = { ...DEFAULT_WEBHOOK_SETTINGS, ...deps.settings };

  async function send(attempt: Attempt, body: string, signal: AbortSignal): Promise<Answer> {
    const sealed = [attempt.secret, ...(attempt.previousSecret ? [attempt.previousSecret] : [])];
    const secrets = sealed.map((secret) => secretBox.decrypt(secret, secretBinding(attempt.webhookId)));
    try {
      const response = await outboundRequest(guard, {
        url: attempt.url,
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "user-agent": "calsync-webhooks/1",
          ...signatureHeaders({ id: attempt.id, at: now(), body, secrets }),
        },
        body,
        timeoutMs: settings.timeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        signal,
      });
      return { kind: "response", response };
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(error instanceof OutboundFailedError || error instanceof OutboundRefusedError)) throw error;
      return { kind: "failure", message: error.message, unreachable: error instanceof OutboundFailedError };
    }
  }

  /** When to try again after this answer; null when never. */
  function nextTry(attempt: Attempt, answer: Answer, at: Date): Date | null {
    if (attempt.attempts >= settings.maxTries) return null;
    const asked = answer.kind === "response" ? retryAfterMs(answer.response, at) : null;
    const pause = backoffMs({
      attempt: attempt.attempts,
      baseMs: settings.backoffBaseMs,
      ceilingMs: settings.backoffCeilingMs,
      random,
    });
    return new Date(at.getTime() + Math.max(asked ?? 0, pause));
  }

  return async ({ deliveryId }, context) => {
    const attempt = await beginAttempt(prisma, deliveryId, now());
    if (!attempt) {
      const waiting = await whyWaiting(prisma, deliveryId, now());
      if (waiting.why !== "early") return;
      // Not all of a flock at once when a paused receiver is tried again.
      const afterMs = Math.max(0, waiting.until.getTime() - now().getTime()) + random() * 1_000;
      throw new RetryLater({ afterMs, reason: "The message is not due yet, or its receiver is paused." });
    }
    if (tellsNothing(attempt)) return markSuperseded(prisma, attempt.id);
    const started = performance.now();
    const answer = await send(attempt, bodyOf(attempt), context.signal);
    const at = now();
    const response = answer.kind === "response" ? answer.response : null;
    const result: AttemptResult = {
      id: attempt.id,
      webhookId: attempt.webhookId,
      responseStatus: response?.status ?? null,
      responseExcerpt: response && excerptOf(response),
      durationMs: Math.round(performance.now() - started),
      at,
    };
    const status = response?.status ?? 0;
    const fields = {
      webhookId: attempt.webhookId,
      attempt: attempt.attempts,
      status,
      durationMs: result.durationMs,
    };
    if (status >= 200 && status < 300) {
      await markDelivered(prisma, result);
      context.log.info(fields, "webhook delivered");
      return;
    }
    const error = answer.kind === "failure" ? answer.message : complaintAbout(status);
    const gone = status === 410;
    const nextAttemptAt = gone ? null : nextTry(attempt, answer, at);
    const silent = answer.kind === "failure" ? answer.unreachable : OVERLOADED.includes(status);
    const pausedUntil =
      silent && nextAttemptAt
        ? new Date(Math.min(nextAttemptAt.getTime(), at.getTime() + LONGEST_PAUSE_MS))
        : null;
    context.log.warn({ ...fields, error, final: nextAttemptAt === null }, "webhook not delivered");
    await prisma.$transaction(async (tx) => {
      const failingSince = await markFailed(tx, result, { error, nextAttemptAt, pausedUntil });
      const hopeless = !nextAttemptAt && at.getTime() - failingSince.getTime() >= settings.disableAfterMs;
      if (!gone && !hopeless) return;
      const { url, userIds } = await disable(tx, attempt.webhookId, gone ? "gone" : "failing", at);
      await failWaiting(tx, attempt.webhookId, "The webhook was switched off before this was sent.");
      if (userIds.length > 0) await deps.tellDisabled(tx, { id: attempt.webhookId, url, userIds }, at);
    });
    return nextAttemptAt ? { again: nextAttemptAt } : undefined;
  };
}

/** The body, byte for byte the same at each try. */
function bodyOf({ id, event, createdAt, payload }: Attempt): string {
  return JSON.stringify({ id, type: event, version: 1, timestamp: createdAt.toISOString(), data: payload });
}

/** A flurry of moves that ended where it began. */
function tellsNothing({ event, payload }: Attempt): boolean {
  if (event !== "BOOKING_RESCHEDULED") return false;
  const { previous, booking } = payload as WebhookData<"BOOKING_RESCHEDULED">;
  return previous !== null && previous.start === booking.start && previous.end === booking.end;
}

function complaintAbout(status: number): string {
  return status >= 300 && status < 400
    ? `The receiver answered with a redirect (${status}), which is not followed.`
    : `The receiver answered ${status}.`;
}

function excerptOf({ body }: OutboundResponse): string {
  // PostgreSQL keeps no NUL in text.
  return Buffer.from(body).toString("utf8").slice(0, EXCERPT_CHARACTERS).replaceAll("\0", "�");
}

/** Retry-After (RFC 9110 §10.2.3) in milliseconds from now: seconds, or a date. */
function retryAfterMs({ headers }: OutboundResponse, now: Date): number | null {
  const text = headers["retry-after"]?.trim();
  if (!text) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
