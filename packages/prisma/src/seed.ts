import { hashPassword } from "@calsync/lib";
import { createPrismaClient, type PrismaTransaction } from "./client.ts";
import type { PrismaClient, User } from "./generated/client.ts";
import { seedBookings } from "./seed/bookings.ts";
import { seedEventTypes } from "./seed/event-types.ts";

/** How to sign in as the demo host; no secret, `npm start` prints it. */
export const DEMO_LOGIN = { email: "demo@calsync.test", password: "demo-calsync" } as const;

/** When the demo takes place. */
export interface SeedOptions {
  /** The time that the demo's bookings lie around; default the machine's. */
  now?: Date | undefined;
}

/**
 * Fills a database with a demo host, a colleague, a team, hours, event types and bookings around `now`. Safe to run again:
 * what is there stays as it is, also when a person has changed it.
 * @param database a client, or the address of a database whose migrations have been applied.
 * @returns false when everything was there already.
 */
export async function seedDemo(database: PrismaClient | string, options: SeedOptions = {}): Promise<boolean> {
  const now = options.now ?? new Date();
  if (typeof database !== "string") return seed(database, now);
  const prisma = createPrismaClient({ url: database, applicationName: "calsync seed" });
  try {
    return await seed(prisma, now);
  } finally {
    await prisma.$disconnect();
  }
}

async function seed(prisma: PrismaClient, now: Date): Promise<boolean> {
  const known = await prisma.user.findUnique({ where: { email: DEMO_LOGIN.email } });
  if (known !== null) return false;
  const passwordHash = await hashPassword(DEMO_LOGIN.password);
  return prisma.$transaction(async (tx) => {
    // Two processes that seed together: the second waits here, and finds it done.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('calsync demo'))`;
    if ((await tx.user.count({ where: { email: DEMO_LOGIN.email } })) > 0) return false;

    const dana = await tx.user.create({
      data: {
        email: DEMO_LOGIN.email,
        username: "demo",
        name: "Dana Demo",
        timeZone: "Europe/Berlin",
        passwordHash,
        syncPreference: { create: {} },
      },
    });
    const robin = await tx.user.create({
      data: {
        email: "robin@calsync.test",
        username: "robin",
        name: "Robin Reyes",
        timeZone: "America/New_York",
        passwordHash,
        syncPreference: { create: {} },
      },
    });
    await seedTeam(tx, dana, robin);
    const eventTypes = await seedEventTypes(tx, { dana, robin, now });
    await seedBookings(tx, { host: dana, eventTypes, now });
    return true;
  });
}

async function seedTeam(tx: PrismaTransaction, owner: User, member: User): Promise<void> {
  await tx.team.create({
    data: {
      name: "Demo Studio",
      slug: "demo-studio",
      memberships: {
        create: [
          { userId: owner.id, role: "OWNER" },
          { userId: member.id, role: "MEMBER" },
        ],
      },
    },
  });
}
