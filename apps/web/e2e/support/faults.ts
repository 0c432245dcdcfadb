import { stack } from "./stack.ts";

/** What goes wrong with calls to a provider of the sandbox; its README lists what there is. */
export interface FaultRule {
  fault: "serverError" | "rateLimit" | "delay";
  account?: string;
  status?: number;
}

/** Makes a provider of the sandbox misbehave in these ways only; none makes it well again. Its own pages are not struck. */
export async function setFaults(rules: FaultRule[], provider: "google" | "graph" = "google"): Promise<void> {
  const answer = await fetch(`${stack.sandbox}/sandbox/api/faults?provider=${provider}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rules }),
  });
  if (!answer.ok) throw new Error(`The sandbox refused the faults: ${await answer.text()}`);
}
