export {
  createPrismaClient,
  onQuery,
  type PrismaClientOptions,
  type PrismaTransaction,
  type QueryEvent,
} from "./client.ts";
export { connectionConfig } from "./connection.ts";
export {
  type DatabaseErrorInfo,
  databaseErrorInfo,
  isCheckViolation,
  isDeadlock,
  isExclusionViolation,
  isSerializationFailure,
  isUniqueViolation,
  retryOnDeadlock,
} from "./database-error.ts";
export { type DatabaseEvent, type DatabaseListener, type ListenOptions, listenForEvents } from "./events.ts";
export * from "./generated/client.ts";
export { lockHostTime } from "./host-lock.ts";
