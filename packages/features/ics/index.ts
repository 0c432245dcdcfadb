export * from "./invitation.ts";
