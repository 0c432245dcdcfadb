import type { PrismaClient } from "@calsync/prisma";

/** A person who can sign in. */
export interface User {
  id: number;
  uid: string;
  email: string;
  name: string;
  username: string;
  timeZone: string;
}

/** The columns of {@link User}, for a Prisma `select`. */
export const USER_COLUMNS = {
  id: true,
  uid: true,
  email: true,
  name: true,
  username: true,
  timeZone: true,
} as const;

/** Finds users for signing in and for the command line. */
export const userRepository = {
  /** Addresses are stored in lower case. */
  async findByEmail(
    prisma: PrismaClient,
    email: string,
  ): Promise<(User & { passwordHash: string | null }) | null> {
    return prisma.user.findUnique({
      where: { email: email.trim().toLowerCase() },
      select: { ...USER_COLUMNS, passwordHash: true },
    });
  },
};
