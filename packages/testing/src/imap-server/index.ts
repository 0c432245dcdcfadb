export { DovecotServer, IMAP_PASSWORD, isDovecotInstalled } from "./DovecotServer.ts";
