import { stack } from "./stack.ts";

/** What goes wrong with calls to the sandbox's Google; its README lists what there is. */
export interface FaultRule {
  fault: "serverError" | "rateLimit" | "delay";
  account?: string;
  status?: number;
}

/** Makes the sandbox's Google misbehave in these ways only; none makes it well again. Its own pages are not struck. */
export async function setFaults(rules: FaultRule[]): Promise<void> {
  const answer = await fetch(`${stack.sandbox}/sandbox/api/faults`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rules }),
  });
  if (!answer.ok) throw new Error(`The sandbox refused the faults: ${await answer.text()}`);
}
