import { AppError, type Clock, hashPassword, hashToken, randomToken, verifyPassword } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { type ApiKeyScope, apiKeyRepository, type StoredApiKey } from "../repositories/ApiKeyRepository.ts";
import { sessionRepository } from "../repositories/SessionRepository.ts";
import { type User, userRepository } from "../repositories/UserRepository.ts";

/** How long a session lasts. */
const SESSION_LIFETIME_MS = 30 * 24 * 3_600_000;

/** API keys begin with this, so that people and secret scanners recognise them. */
const KEY_PREFIX = "cs_";
/** Characters of a key that stay visible: enough to tell keys apart, too few to guess the rest. */
const VISIBLE_CHARACTERS = 9;

/** Who makes a request, and how they proved it. */
export interface Viewer {
  user: User;
  via: "session" | "api-key";
  /** What the request may do; a session may do everything. */
  scopes: readonly ApiKeyScope[];
}

/** Signing in and out, sessions and API keys. */
export interface AuthService {
  /**
   * @returns the user, and the token to put into the browser's cookie; only its hash is stored
   * @throws AppError `wrong_credentials`, the same for an unknown address and a wrong password
   */
  signIn(email: string, password: string): Promise<{ user: User; token: string; expiresAt: Date }>;
  signOut(token: string): Promise<void>;
  /** Null when the session is unknown or over. */
  viewerOfSession(token: string): Promise<Viewer | null>;
  /** Null when the key is unknown, revoked or expired. */
  viewerOfApiKey(key: string): Promise<Viewer | null>;
  listApiKeys(userId: number): Promise<StoredApiKey[]>;
  /** @returns the stored key and its text, which cannot be had again */
  createApiKey(
    userId: number,
    key: { name: string; scopes: ApiKeyScope[]; expiresAt: Date | null },
  ): Promise<{ apiKey: StoredApiKey; key: string }>;
  /** @throws AppError `api_key_not_found` */
  revokeApiKey(userId: number, id: string): Promise<void>;
}

/** Sign-in with address and password, and the sessions that come of it. */
export function createAuthService({ prisma, now }: { prisma: PrismaClient; now: Clock }): AuthService {
  // Compared against when the address is unknown, so that the answer takes as long as for a known one.
  const nobodysHash = hashPassword(randomToken());

  return {
    async signIn(email, password) {
      const found = await userRepository.findByEmail(prisma, email);
      const matches = await verifyPassword(password, found?.passwordHash ?? (await nobodysHash));
      if (!found?.passwordHash || !matches) {
        throw new AppError(
          "unauthorized",
          "wrong_credentials",
          "The e-mail address or the password is wrong.",
        );
      }
      const { passwordHash: _, ...user } = found;
      const token = randomToken();
      const createdAt = now();
      const expiresAt = new Date(createdAt.getTime() + SESSION_LIFETIME_MS);
      await sessionRepository.insert(prisma, {
        tokenHash: hashToken(token),
        userId: user.id,
        createdAt,
        expiresAt,
      });
      return { user, token, expiresAt };
    },
    signOut: (token) => sessionRepository.remove(prisma, hashToken(token)),
    async viewerOfSession(token) {
      const user = await sessionRepository.findUser(prisma, hashToken(token), now());
      return user && { user, via: "session", scopes: ["read", "write"] };
    },
    async viewerOfApiKey(key) {
      if (!key.startsWith(KEY_PREFIX)) return null;
      const used = await apiKeyRepository.use(prisma, hashToken(key), now());
      return used && { ...used, via: "api-key" };
    },
    listApiKeys: (userId) => apiKeyRepository.listOfUser(prisma, userId),
    async createApiKey(userId, { name, scopes, expiresAt }) {
      const key = `${KEY_PREFIX}${randomToken()}`;
      const apiKey = await apiKeyRepository.insert(prisma, {
        userId,
        name,
        scopes,
        expiresAt,
        prefix: key.slice(0, VISIBLE_CHARACTERS),
        keyHash: hashToken(key),
        createdAt: now(),
      });
      return { apiKey, key };
    },
    async revokeApiKey(userId, id) {
      if (await apiKeyRepository.revokeOfUser(prisma, userId, id, now())) return;
      throw new AppError("not-found", "api_key_not_found", "There is no such API key.");
    },
  };
}
