import { hostname } from "node:os";
import pg from "pg";
import { SocketSet } from "./socket-set.ts";

/** Seed of the hash that turns a pool id into the number of its advisory lock. */
const LOCK_SEED = 7_262_302;

/** SQL for the number of the advisory lock that the owner of a pool id holds while it lives. */
export const proofLock = (poolId: string) => `hashtextextended(${poolId}, ${LOCK_SEED})`;

/** How a worker notices that it lost its proof, always sooner than the server gives the proof away. */
export interface ProofTimings {
  /** Pause between two signs of life. */
  beatMs: number;
  /** The proof counts as lost when a sign of life stays unanswered for this long. */
  lostAfterMs: number;
  /** After this long without any answer from our machine, the server ends the connection and with it frees the lock. */
  serverGivesUpAfterMs: number;
}

/** What shows other workers that this one lives. */
export interface ProofOfLife {
  /**
   * Gives the proof up.
   *
   * @param clean whether no job is held any more; else the row stays, so that other workers look for what was left
   */
  release(clean: boolean): Promise<void>;
}

/** Checks per `lostAfterMs`. */
const TICKS = 8;

/** The longest a worker needs to notice that it lost its proof: a sign of life a tick late, and no answer to it. */
export const noticedAfterMs = ({ beatMs, lostAfterMs }: ProofTimings) =>
  beatMs + lostAfterMs * (1 + 1 / TICKS);

/**
 * Proves that a worker lives: one connection of its own holds an advisory lock, which the server frees the moment the process
 * is gone, however it ended. A process that is merely slow keeps it, because its machine still answers for the connection.
 * When the machine no longer answers, the server ends the connection after `serverGivesUpAfterMs`; the worker has noticed by then
 * and stopped, because its own signs of life were not answered.
 *
 * @param onLost called at most once, when the worker can no longer be sure that it holds its lock
 * @throws when the database cannot be reached, or the connection goes through a pooler that shares it
 */
export async function proveLife(
  { url, poolId, timings }: { url: string; poolId: string; timings: ProofTimings },
  onLost: (reason: string) => void,
): Promise<ProofOfLife> {
  const sockets = new SocketSet();
  const client = new pg.Client({
    connectionString: url,
    application_name: "calsync worker proof",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    stream: sockets.open,
  });
  let over = false;
  let ticker: NodeJS.Timeout | undefined;
  const end = () => {
    over = true;
    clearInterval(ticker);
  };
  const lose = (reason: string) => {
    if (over) return;
    end();
    sockets.destroy();
    onLost(reason);
  };
  client.on("error", (error) => lose(`its connection failed: ${error.message}`));
  client.on("end", () => lose("its connection was ended"));

  const backendPid = await acquire(client, poolId, timings).catch((error: unknown) => {
    end();
    sockets.destroy();
    throw error;
  });

  // Time is counted in ticks that this process really saw: after a pause of the whole process (a long garbage collection,
  // a suspended machine) the answer is already there and is read before the next tick.
  let unansweredTicks = 0;
  let waiting = false;
  const tickMs = timings.lostAfterMs / TICKS;
  let nextBeat = performance.now() + timings.beatMs;
  ticker = setInterval(() => {
    if (waiting) {
      unansweredTicks++;
      if (unansweredTicks >= TICKS) lose(`the database did not answer for ${timings.lostAfterMs} ms`);
      return;
    }
    if (performance.now() < nextBeat) return;
    nextBeat = performance.now() + timings.beatMs;
    waiting = true;
    unansweredTicks = 0;
    client
      .query<{ pid: number }>(
        "update calsync_jobs.worker set seen_at = now() where pool_id = $1 and died_at is null " +
          "returning pg_backend_pid() as pid",
        [poolId],
      )
      .then(({ rows }) => {
        waiting = false;
        if (rows[0] === undefined) lose("another worker found its lock free");
        else if (rows[0].pid !== backendPid) lose(POOLER);
      })
      .catch((error: unknown) => lose(`its connection failed: ${String(error)}`));
  }, tickMs);

  return {
    async release(clean) {
      if (over) return;
      end();
      const goodbye = async () => {
        if (clean) await client.query("delete from calsync_jobs.worker where pool_id = $1", [poolId]);
        await client.end();
      };
      const timeout = setTimeout(() => sockets.destroy(), timings.lostAfterMs);
      await goodbye().catch(() => sockets.destroy());
      clearTimeout(timeout);
    },
  };
}

const POOLER =
  "the connection goes through a pooler that shares it, so that it cannot hold a lock; " +
  "give the worker the URL of the database itself (or of a pooler in session mode)";

/** Takes the lock, then writes the row that makes others look at it. */
async function acquire(client: pg.Client, poolId: string, timings: ProofTimings): Promise<number> {
  await client.connect();
  const idleSeconds = Math.max(1, Math.round(timings.serverGivesUpAfterMs / 2_000));
  const settings: [name: string, value: string][] = [
    ["tcp_keepalives_idle", String(idleSeconds)],
    ["tcp_keepalives_interval", String(Math.max(1, Math.round(idleSeconds / 3)))],
    ["tcp_keepalives_count", "3"],
    ["tcp_user_timeout", String(timings.serverGivesUpAfterMs)],
    ["idle_session_timeout", "0"],
  ];
  for (const [name, value] of settings) {
    // Not every platform of the server knows every one; what is missing makes the end of a lost machine known later.
    await client.query("select set_config($1, $2, false)", [name, value]).catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError)) throw error;
    });
  }
  const { rows } = await client.query<{ pid: number }>(
    `select pg_backend_pid() as pid, pg_advisory_lock(${proofLock("$1::text")})`,
    [poolId],
  );
  const inserted = await client.query<{ pid: number }>(
    "insert into calsync_jobs.worker (pool_id, host, pid) values ($1, $2, $3) returning pg_backend_pid() as pid",
    [poolId, hostname(), process.pid],
  );
  const pid = rows[0]?.pid;
  if (pid === undefined || pid !== inserted.rows[0]?.pid)
    throw new Error(`The worker cannot start: ${POOLER}.`);
  return pid;
}
