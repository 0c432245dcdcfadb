export {
  createPrismaClient,
  onQuery,
  type PrismaClientOptions,
  type PrismaTransaction,
  type QueryEvent,
} from "./client.ts";
export { connectionConfig } from "./connection.ts";
export * from "./generated/client.ts";
