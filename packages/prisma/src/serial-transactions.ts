import { PrismaPg } from "@prisma/adapter-pg";
import type { Transaction } from "@prisma/driver-adapter-utils";

/**
 * The adapter, with the statements of a transaction sent one after the other. Prisma loads several relations of a row at the same
 * time, in a transaction too, where all of them go over one connection: `pg` has queued them for us so far, warns of it, and
 * will refuse it in its next version.
 */
export class SerialPrismaPg extends PrismaPg {
  override async connect(): ReturnType<PrismaPg["connect"]> {
    const adapter = await super.connect();
    const start = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (isolationLevel) => {
      const transaction = await start(isolationLevel);
      sendInTurn(transaction);
      return transaction;
    };
    return adapter;
  }
}

function sendInTurn(transaction: Transaction): void {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Query, Result>(send: (query: Query) => Promise<Result>) => {
    return (query: Query): Promise<Result> => {
      const sent = last.then(() => send(query));
      // A statement that fails is its caller's; the next one hears from PostgreSQL that the transaction is over.
      last = sent.catch(() => undefined);
      return sent;
    };
  };
  transaction.queryRaw = inTurn(transaction.queryRaw.bind(transaction));
  transaction.executeRaw = inTurn(transaction.executeRaw.bind(transaction));
}
