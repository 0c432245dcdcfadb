import type { PrismaClient } from "@calsync/prisma";

/** A started OAuth flow; `codeVerifier` is still encrypted. */
export interface StoredOAuthState {
  stateHash: Uint8Array<ArrayBuffer>;
  userId: number;
  provider: string;
  codeVerifier: string;
  returnTo: string | null;
  createdAt: Date;
  expiresAt: Date;
}

/** OAuth flows that were started and have not come back yet. */
export const oauthStateRepository = {
  /** Stores a started flow, and clears this user's expired ones so that abandoned flows do not pile up. */
  async insert(prisma: PrismaClient, state: StoredOAuthState): Promise<void> {
    await prisma.$transaction([
      prisma.oAuthState.deleteMany({ where: { userId: state.userId, expiresAt: { lte: state.createdAt } } }),
      prisma.oAuthState.create({ data: state }),
    ]);
  },

  /**
   * Takes the flow that this state started, for good: of two callers with one state, at most one gets it. A state that
   * another user or provider started is left alone and not found.
   */
  async take(
    prisma: PrismaClient,
    key: { stateHash: Uint8Array; userId: number; provider: string },
  ): Promise<Pick<StoredOAuthState, "codeVerifier" | "returnTo" | "expiresAt"> | null> {
    const rows = await prisma.$queryRaw<Pick<StoredOAuthState, "codeVerifier" | "returnTo" | "expiresAt">[]>`
      DELETE FROM "OAuthState"
      WHERE "stateHash" = ${key.stateHash} AND "userId" = ${key.userId} AND "provider" = ${key.provider}
      RETURNING "codeVerifier", "returnTo", "expiresAt"`;
    return rows[0] ?? null;
  },
};
