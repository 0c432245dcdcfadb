import { MemoryCaldavServer } from "@calsync/testing/caldav-server";

/* The CalDAV server on which clients are compared. It says where it is, and what it has been asked whenever somebody wants to know. */
const server = await MemoryCaldavServer.start();
process.on("message", () => process.send?.(server.requests.splice(0)));
process.once("disconnect", () => process.exit());
process.send?.(server.url);
