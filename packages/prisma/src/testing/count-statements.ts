import { onQuery } from "../client.ts";
import type { PrismaClient } from "../generated/client.ts";

/** What `countStatements` gives back. */
export interface StatementCount<T> {
  result: T;
  /** Statements that were sent, without BEGIN, COMMIT, ROLLBACK and savepoints. */
  count: number;
  /** Their SQL, in order. */
  statements: string[];
}

/**
 * Runs `run` and counts the SQL statements that `prisma` sends meanwhile, to prove that their number does not grow with
 * the data. Nothing else may use the client at the time.
 * @param prisma made with query events, as test databases' clients are.
 */
export async function countStatements<T>(
  prisma: PrismaClient,
  run: () => Promise<T>,
): Promise<StatementCount<T>> {
  const statements: string[] = [];
  const stop = onQuery(prisma, ({ sql }) => {
    if (!/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET TRANSACTION)\b/i.test(sql)) statements.push(sql);
  });
  try {
    const result = await run();
    // Prisma emits its events in the next turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    return { result, count: statements.length, statements };
  } finally {
    stop();
  }
}
