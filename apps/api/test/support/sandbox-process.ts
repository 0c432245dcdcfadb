import { once } from "node:events";
import type { GoogleEvent, SandboxOptions } from "@calsync/provider-sandbox";
import { startNode } from "./node-process.ts";

/** What the sandbox's process is told to do; answered under the same id. */
export type SandboxCommand = { id: number } & (
  | { do: "createAccount"; email: string }
  | { do: "putEvents"; email: string; events: GoogleEvent[] }
  | { do: "changeEvents"; email: string; changes: EventChange[] }
  | { do: "events"; email: string }
  | { do: "pageToken"; email: string }
  | { do: "countCalls" }
);
export type SandboxReply = { id: number; result?: unknown; error?: string };

/** The first message of the process. */
export interface StartedSandbox {
  url: string;
  smtpPort: number;
}

/** A change of one event as a person makes it in Google's page; null deletes it. */
export interface EventChange {
  id: string;
  change: GoogleEvent | null;
}

/** The simulated Google in a process of its own. Calendars are the accounts' primary ones. */
export interface SandboxProcess extends StartedSandbox {
  createAccount(email: string): Promise<void>;
  /** @returns the events' ids */
  putEvents(email: string, events: GoogleEvent[]): Promise<string[]>;
  changeEvents(email: string, changes: EventChange[]): Promise<void>;
  /** The events that are not cancelled, as Google's API gives them. */
  events(email: string): Promise<GoogleEvent[]>;
  /** A token with which a page of Google's own calls the API: no quota, all scopes. */
  pageToken(email: string): Promise<string>;
  /** API calls so far. */
  countCalls(): Promise<number>;
  stop(): Promise<void>;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Starts the sandbox in a process of its own. */
export async function startSandboxProcess(options: SandboxOptions): Promise<SandboxProcess> {
  const file = new URL("./sandbox.fixture.ts", import.meta.url);
  const sandbox = startNode(file, { env: { NODE_ENV: "test" }, args: [JSON.stringify(options)] });
  const { child } = sandbox;
  const [started] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error(`The sandbox did not start. ${sandbox.output()}`);
    }),
  ]);
  const waiting = new Map<number, (reply: SandboxReply) => void>();
  child.on("message", (reply: SandboxReply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  let lastId = 0;
  const tell = async <T>(command: DistributiveOmit<SandboxCommand, "id">): Promise<T> => {
    const id = ++lastId;
    const answered = new Promise<SandboxReply>((resolve) => waiting.set(id, resolve));
    child.send({ ...command, id });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`The sandbox could not do it: ${error}`);
    return result as T;
  };
  return {
    ...(started as StartedSandbox),
    createAccount: (email) => tell({ do: "createAccount", email }),
    putEvents: (email, events) => tell({ do: "putEvents", email, events }),
    changeEvents: (email, changes) => tell({ do: "changeEvents", email, changes }),
    events: (email) => tell({ do: "events", email }),
    pageToken: (email) => tell({ do: "pageToken", email }),
    countCalls: () => tell({ do: "countCalls" }),
    stop: () => sandbox.stop(),
  };
}
