import { AppError } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { userRepository } from "../repositories/UserRepository.ts";

/** The id of the user with an address. @throws AppError `user_not_found` */
export async function userIdByEmail(prisma: PrismaClient, email: string): Promise<number> {
  const user = await userRepository.findByEmail(prisma, email);
  if (user) return user.id;
  throw new AppError("not-found", "user_not_found", `There is no user with the address ${email}.`);
}
