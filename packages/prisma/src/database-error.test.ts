import { expect, test, vi } from "vitest";
import { databaseErrorInfo, isDeadlock, retryOnDeadlock } from "./database-error.ts";

const prismaError = (originalCode: string, originalMessage = "") =>
  Object.assign(new Error("Invalid invocation"), {
    code: "P2010",
    meta: { driverAdapterError: { cause: { originalCode, originalMessage } } },
  });
const pgError = Object.assign(new Error("deadlock detected"), { code: "40P01", severity: "ERROR" });

test("PostgreSQL's code is found in errors of Prisma and of pg, and in no others", () => {
  expect(databaseErrorInfo(prismaError("23514", 'violates check constraint "A_check"'))).toEqual({
    code: "23514",
    constraint: "A_check",
  });
  expect(isDeadlock(pgError)).toBe(true);
  expect(isDeadlock(Object.assign(new Error("write conflict"), { code: "P2034" }))).toBe(true);
  expect(databaseErrorInfo(Object.assign(new Error("no such file"), { code: "ENOENT" }))).toBeNull();
  expect(databaseErrorInfo("23505")).toBeNull();
});

test("a transaction that lost a deadlock runs again, four times at most", async () => {
  const twice = vi
    .fn()
    .mockRejectedValueOnce(pgError)
    .mockRejectedValueOnce(prismaError("40001"))
    .mockResolvedValue("done");
  expect(await retryOnDeadlock(twice)).toBe("done");

  const never = vi.fn().mockRejectedValue(pgError);
  await expect(retryOnDeadlock(never)).rejects.toBe(pgError);
  expect(never).toHaveBeenCalledTimes(4);
});

test("any other error passes at once", async () => {
  const error = prismaError("23P01");
  const run = vi.fn().mockRejectedValue(error);
  await expect(retryOnDeadlock(run)).rejects.toBe(error);
  expect(run).toHaveBeenCalledTimes(1);
});
