import type { FastifyReply, FastifyRequest } from "fastify";
import type { AnyFaultRule, FaultSwitches } from "../FaultSwitches.ts";

type TokenRule = AnyFaultRule & { status?: number | undefined; delayMs?: number | undefined };

/** Lets the faults of an OAuth call strike; true when one has answered in its place. The grant is left intact. */
export async function struckByFault<Rule extends TokenRule>(
  faults: FaultSwitches<Rule, object>,
  method: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const subject = { method };
  const delay = faults.strikes("delay", subject);
  if (delay) await new Promise((resolve) => setTimeout(resolve, delay.delayMs ?? 1_000));
  if (faults.strikes("dropConnection", subject)) {
    reply.hijack();
    request.raw.socket.destroy();
    return true;
  }
  const failure = faults.strikes("serverError", subject);
  if (failure) {
    await reply
      .code(failure.status ?? 503)
      .send({ error: "internal_failure", error_description: "Backend Error" });
    return true;
  }
  if (faults.strikes("rateLimit", subject)) {
    await reply.code(429).send({ error: "rate_limit_exceeded", error_description: "Rate Limit Exceeded" });
    return true;
  }
  return false;
}
