import type { PrismaClient } from "@calsync/prisma";

/** What a statement of a dead process comes to. Nobody hears of it. */
class ProcessDied extends Error {}

/**
 * The database's client of a worker that can die. It dies at a statement, before a commit or after one, which is everything
 * that the database and the providers can tell apart: between a provider's answer and the note of it, for instance. What the
 * dead worker had under way is rolled back, and its code never hears an answer again.
 */
export class MortalClient {
  readonly prisma: PrismaClient;
  #left = Number.POSITIVE_INFINITY;
  /** The life that is being lived; what was begun in an earlier one stays dead. */
  #life = 0;
  #onDeath: (() => void) | null = null;

  constructor(prisma: PrismaClient) {
    this.prisma = this.#wrap(prisma) as PrismaClient;
  }

  /** The worker that runs next dies at its `moments`-th moment, if it lives that long. */
  dieAfter(moments: number): void {
    this.#left = moments;
  }

  /** Nobody dies any more. */
  spare(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** Runs work as a worker does. @returns whether the worker has died before the end */
  async live(work: () => Promise<unknown>): Promise<boolean> {
    let died = false;
    const death = new Promise<void>((resolve) => {
      this.#onDeath = () => {
        died = true;
        resolve();
      };
    });
    const ended = work().catch((error: unknown) => {
      if (!died) throw error;
    });
    await Promise.race([ended, death]);
    this.#onDeath = null;
    return died;
  }

  /** One moment of a life. @throws ProcessDied for the dead */
  #moment(life: number): void {
    if (life !== this.#life) throw new ProcessDied();
    if (this.#onDeath === null) return;
    this.#left -= 1;
    if (this.#left > 0) return;
    this.spare();
    this.#life += 1;
    this.#onDeath();
    throw new ProcessDied();
  }

  async #outside<T>(statement: () => Promise<T>): Promise<T> {
    const life = this.#life;
    try {
      this.#moment(life);
      const result = await statement();
      if (life !== this.#life) throw new ProcessDied();
      return result;
    } catch (error) {
      // The code of a dead process does not go on, not even to clear up.
      if (life !== this.#life || error instanceof ProcessDied) return new Promise<never>(() => {});
      throw error;
    }
  }

  #wrap(client: object): object {
    return new Proxy(client, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (name === "$transaction") {
          return (work: (tx: object) => Promise<unknown>, options?: object) =>
            this.#outside(async () => {
              const life = this.#life;
              const begin = member as (
                run: (tx: object) => Promise<unknown>,
                how?: object,
              ) => Promise<unknown>;
              const result = await begin.call(
                target,
                async (tx) => {
                  const done = await work(this.#inside(tx, life));
                  // Dead before the commit, dead after it.
                  this.#moment(life);
                  return done;
                },
                options,
              );
              this.#moment(life);
              return result;
            });
        }
        if (typeof name === "string" && /^\$(query|execute)Raw/.test(name)) {
          return (...input: unknown[]) =>
            this.#outside(() => (member as (...all: unknown[]) => Promise<unknown>).apply(target, input));
        }
        return isDelegate(name, member) ? this.#delegate(member, (call) => this.#outside(call)) : member;
      },
    });
  }

  #inside(tx: object, life: number): object {
    const statement = async <T>(call: () => Promise<T>) => {
      this.#moment(life);
      return call();
    };
    return new Proxy(tx, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof name === "string" && /^\$(query|execute)Raw/.test(name)) {
          return (...input: unknown[]) =>
            statement(() => (member as (...all: unknown[]) => Promise<unknown>).apply(target, input));
        }
        return isDelegate(name, member) ? this.#delegate(member, statement) : member;
      },
    });
  }

  #delegate(model: object, statement: <T>(call: () => Promise<T>) => Promise<T>): object {
    return new Proxy(model, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== "function") return member;
        return (...input: unknown[]) => statement(() => member.apply(target, input) as Promise<unknown>);
      },
    });
  }
}

/** Whether a member of a client is a table's. */
function isDelegate(name: string | symbol, member: unknown): member is object {
  return typeof name === "string" && !/^[$_]/.test(name) && typeof member === "object" && member !== null;
}
