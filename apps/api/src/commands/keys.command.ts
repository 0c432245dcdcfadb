import { systemClock } from "@calsync/lib";
import { createPrismaClient } from "@calsync/prisma";
import type { ApiKeyScope } from "../repositories/ApiKeyRepository.ts";
import { createAuthService } from "../services/auth.ts";
import { type Command, requiredOption, UsageError } from "./command.ts";
import { table } from "./table.ts";
import { userIdByEmail } from "./user-by-email.ts";

/** `calsync keys …`: API keys of a user. */
export const keysCommand: Command = {
  name: "keys",
  usage: [
    {
      call: "keys create --email <user> --name <name> [--scopes read,write]",
      does: "Make an API key; it is shown this once.",
    },
    { call: "keys list --email <user>", does: "List a user's API keys." },
    { call: "keys revoke <id> --email <user>", does: "Revoke an API key." },
  ],
  async run({ env, words, options, print }) {
    const [action, id] = words;
    const prisma = createPrismaClient({ url: env.DATABASE_URL });
    try {
      const auth = createAuthService({ prisma, now: systemClock });
      const userId = await userIdByEmail(prisma, requiredOption(options, "email"));
      if (action === "create") {
        const name = requiredOption(options, "name");
        const made = await auth.createApiKey(userId, {
          name,
          scopes: scopesOf(options["scopes"]),
          expiresAt: null,
        });
        return print(made.key);
      }
      if (action === "list") {
        const keys = await auth.listApiKeys(userId);
        const rows = keys.map((key) => [
          key.id,
          key.name,
          `${key.prefix}…`,
          key.scopes.join(","),
          key.lastUsedAt?.toISOString() ?? "never",
        ]);
        return print(
          rows.length === 0
            ? "There are no API keys."
            : table(["id", "name", "key", "scopes", "last used"], rows),
        );
      }
      if (action === "revoke") {
        if (id === undefined || !/^[0-9a-f-]{36}$/i.test(id))
          throw new UsageError("Which key? Give its id, from: calsync keys list.");
        await auth.revokeApiKey(userId, id);
        return print("Revoked.");
      }
      throw new UsageError("What with the keys? create, list or revoke.");
    } finally {
      await prisma.$disconnect();
    }
  },
};

function scopesOf(text: string | boolean | undefined): ApiKeyScope[] {
  if (typeof text !== "string") return ["read", "write"];
  return text.split(",").map((word) => {
    const scope = word.trim();
    if (scope === "read" || scope === "write") return scope;
    throw new UsageError(`--scopes takes read and write, separated by a comma, not "${scope}".`);
  });
}
