import { randomUUID } from "node:crypto";
import { enqueueMany } from "@calsync/jobs";
import { AppError, OutboundRefusedError } from "@calsync/lib";
import type { CreateWebhook, DeliveryListQuery, UpdateWebhook } from "../dto.ts";
import { deliverWebhookJob } from "../jobs/deliver-webhook.job.ts";
import { newWebhookSecret } from "../messages/sign.ts";
import {
  type DeliveryRow,
  failWaiting,
  findDeliveries,
  requeueFailed,
  requeueOne,
} from "../repositories/DeliveryRepository.ts";
import type { WebhookRow } from "../repositories/WebhookRepository.ts";
import * as webhooks from "../repositories/WebhookRepository.ts";
import { secretBinding, type WebhookDependencies } from "./dependencies.ts";
import { enqueueDeliveries } from "./queue-webhook.ts";

/** Most webhooks of one user or team: each piece of news is written once for each of them. */
const MAX_WEBHOOKS = 20;
const MAX_REPLAYED = 1_000;
const HOUR_MS = 3_600_000;

/**
 * What users do with their webhooks, and with those of the teams that they run. What is not theirs is `not-found`
 * `unknown_webhook`.
 */
export interface WebhookService {
  list(userId: number): Promise<WebhookRow[]>;
  get(userId: number, id: string): Promise<WebhookRow>;
  /**
   * @returns the signing secret too, this once
   * @throws invalid `bad_webhook_url`; conflict `too_many_webhooks`; not-found `unknown_team`
   */
  create(userId: number, fields: CreateWebhook): Promise<{ webhook: WebhookRow; secret: string }>;
  /** @throws invalid `bad_webhook_url` */
  update(userId: number, id: string, changes: UpdateWebhook): Promise<WebhookRow>;
  remove(userId: number, id: string): Promise<void>;
  /**
   * Makes a new secret. Messages are signed with both for so many hours, so that the receiver can change over.
   * @returns the new one, this once
   */
  rotateSecret(
    userId: number,
    id: string,
    options: { keepPreviousHours: number },
  ): Promise<{ webhook: WebhookRow; secret: string }>;
  /** The receiver has changed over: the previous secret signs no more. */
  endPreviousSecret(userId: number, id: string): Promise<WebhookRow>;
  /** @throws invalid `bad_cursor` */
  deliveries(
    userId: number,
    id: string,
    query: DeliveryListQuery,
  ): Promise<{ deliveries: DeliveryRow[]; nextCursor: string | null }>;
  /** Sends one message again under its own id. @throws not-found `unknown_delivery`; conflict `webhook_inactive` */
  replay(userId: number, id: string, deliveryId: string): Promise<void>;
  /** Sends again what has failed since a time, the oldest first. @returns how many, at most 1,000 */
  replayFailed(userId: number, id: string, since: Date): Promise<number>;
  /** Sends a test message. @returns its delivery's id; @throws conflict `webhook_inactive` */
  ping(userId: number, id: string): Promise<string>;
}

/** Puts the service together. */
export function createWebhookService(deps: WebhookDependencies): WebhookService {
  const { prisma, secretBox, guard, now } = deps;

  async function find(userId: number, id: string): Promise<WebhookRow> {
    const row = await webhooks.findOne(prisma, userId, id);
    if (!row) throw unknownWebhook();
    return row;
  }

  async function findActive(userId: number, id: string): Promise<WebhookRow> {
    const row = await find(userId, id);
    if (row.active) return row;
    throw new AppError("conflict", "webhook_inactive", "This webhook is switched off.", {
      hint: "Switch it on first.",
    });
  }

  /** What can be seen of an address at once; the rest shows when it is called. */
  function checkUrl(url: string): void {
    try {
      guard.check(url);
    } catch (error) {
      if (!(error instanceof OutboundRefusedError)) throw error;
      throw badUrl(error);
    }
  }

  async function changed(done: Promise<boolean>, userId: number, id: string): Promise<WebhookRow> {
    if (!(await done)) throw unknownWebhook();
    return find(userId, id);
  }

  return {
    list: (userId) => webhooks.findAll(prisma, userId),
    get: find,
    async create(userId, { teamId, ...fields }) {
      checkUrl(fields.url);
      if (teamId !== undefined && !(await webhooks.runsTeam(prisma, userId, teamId))) {
        throw new AppError("not-found", "unknown_team", "There is no such team, or you do not run it.");
      }
      const owner = teamId === undefined ? { userId } : { teamId };
      if ((await webhooks.countOf(prisma, owner)) >= MAX_WEBHOOKS) {
        throw new AppError(
          "conflict",
          "too_many_webhooks",
          `There may be ${MAX_WEBHOOKS} webhooks at most.`,
          {
            hint: "Delete one that is not needed any more.",
          },
        );
      }
      const id = randomUUID();
      const secret = newWebhookSecret();
      const sealed = secretBox.encrypt(secret, secretBinding(id));
      await webhooks.insert(prisma, { ...fields, ...owner, id, secret: sealed, createdAt: now() });
      return { webhook: await find(userId, id), secret };
    },
    async update(userId, id, changes) {
      if (changes.url !== undefined) checkUrl(changes.url);
      await prisma.$transaction(async (tx) => {
        if (!(await webhooks.update(tx, userId, id, definedOf(changes)))) throw unknownWebhook();
        if (changes.active === false) {
          await failWaiting(tx, id, "The webhook was switched off before this was sent.");
        }
      });
      return find(userId, id);
    },
    async remove(userId, id) {
      if (!(await webhooks.remove(prisma, userId, id))) throw unknownWebhook();
    },
    async rotateSecret(userId, id, { keepPreviousHours }) {
      const secret = newWebhookSecret();
      const keepUntil =
        keepPreviousHours > 0 ? new Date(now().getTime() + keepPreviousHours * HOUR_MS) : null;
      const sealed = secretBox.encrypt(secret, secretBinding(id));
      const done = webhooks.rotateSecret(prisma, userId, id, sealed, keepUntil);
      return { webhook: await changed(done, userId, id), secret };
    },
    endPreviousSecret: (userId, id) => changed(webhooks.endPreviousSecret(prisma, userId, id), userId, id),
    async deliveries(userId, id, { status, cursor, limit }) {
      await find(userId, id);
      const before = cursor === undefined ? null : readCursor(cursor);
      const wanted = status === undefined ? null : (status.toUpperCase() as DeliveryRow["status"]);
      // One more than asked for tells whether there is a next page.
      const rows = await findDeliveries(prisma, id, { status: wanted, before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return { deliveries: page, nextCursor: rows.length > limit && last ? writeCursor(last) : null };
    },
    async replay(userId, id, deliveryId) {
      await findActive(userId, id);
      await prisma.$transaction(async (tx) => {
        if (!(await requeueOne(tx, id, deliveryId, now()))) {
          throw new AppError("not-found", "unknown_delivery", "There is no such delivery.");
        }
        await enqueueMany(tx, [{ job: deliverWebhookJob, payload: { deliveryId } }]);
      });
    },
    async replayFailed(userId, id, since) {
      await findActive(userId, id);
      return prisma.$transaction(async (tx) => {
        const ids = await requeueFailed(tx, id, since, now(), MAX_REPLAYED);
        await enqueueMany(
          tx,
          ids.map((deliveryId) => ({ job: deliverWebhookJob, payload: { deliveryId } })),
        );
        return ids.length;
      });
    },
    async ping(userId, id) {
      await findActive(userId, id);
      const at = now();
      const ping = {
        webhookId: id,
        event: "PING" as const,
        bookingId: null,
        payload: { text: "This is a test message." },
        coalesceKey: null,
        nextAttemptAt: at,
      };
      const [deliveryId] = await prisma.$transaction((tx) => enqueueDeliveries(tx, [ping], at));
      return deliveryId ?? "";
    },
  };
}

function badUrl(cause: OutboundRefusedError): AppError {
  return new AppError("invalid", "bad_webhook_url", cause.message, {
    hint: "Give an https address on the public internet, or ask an operator to allow this one.",
    cause,
  });
}

function definedOf(changes: UpdateWebhook): Partial<webhooks.WebhookFields> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** Also for webhooks of others: whoever may not see one does not learn that it exists. */
function unknownWebhook(): AppError {
  return new AppError("not-found", "unknown_webhook", "There is no such webhook.");
}

function writeCursor({ createdAt, id }: DeliveryRow): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString("base64url");
}

function readCursor(cursor: string): { at: Date; id: string } {
  const text = Buffer.from(cursor, "base64url").toString();
  const [, at, id] = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text) ?? [];
  if (at === undefined || id === undefined) {
    throw new AppError("invalid", "bad_cursor", "This cursor is not one of ours.", {
      hint: "Begin again without a cursor.",
    });
  }
  return { at: new Date(Number(at)), id };
}
