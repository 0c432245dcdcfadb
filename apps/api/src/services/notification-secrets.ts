import type { Clock, SecretBox } from "@calsync/lib";
import type { PrismaClient } from "@calsync/prisma";
import { notificationSecretRepository } from "../repositories/NotificationSecretRepository.ts";

/** A burst of notifications asks the database once. */
const REMEMBERED_MS = 30_000;

/** The secrets of providers that notify the installation as a whole, over one endpoint that an operator sets up. */
export interface NotificationSecrets {
  /** Null when none is set up. */
  read(provider: string): Promise<string | null>;
  /** From now until then, one introduction is taken; any other one changes nothing. */
  expect(provider: string, until: Date): Promise<void>;
  /** An endpoint introduces itself with a secret. @returns whether it was expected, and is stored */
  introduce(provider: string, secret: string): Promise<boolean>;
  forget(provider: string): Promise<void>;
}

/** @param parts `secretBox` encrypts the secrets at rest */
export function createNotificationSecrets(parts: {
  prisma: PrismaClient;
  secretBox: SecretBox;
  now: Clock;
}): NotificationSecrets {
  const { prisma, secretBox, now } = parts;
  const held = new Map<string, { secret: string | null; untilMs: number }>();
  const aad = (provider: string) => `notifications:${provider}`;
  return {
    async read(provider) {
      const known = held.get(provider);
      if (known && now().getTime() < known.untilMs) return known.secret;
      const sealed = await notificationSecretRepository.find(prisma, provider);
      const secret = sealed === null ? null : secretBox.decrypt(sealed, aad(provider));
      held.set(provider, { secret, untilMs: now().getTime() + REMEMBERED_MS });
      return secret;
    },
    expect: (provider, until) => notificationSecretRepository.open(prisma, provider, until),
    async introduce(provider, secret) {
      const sealed = secretBox.encrypt(secret, aad(provider));
      const taken = await notificationSecretRepository.accept(prisma, provider, sealed, now());
      if (taken) held.delete(provider);
      return taken;
    },
    async forget(provider) {
      held.delete(provider);
      await notificationSecretRepository.remove(prisma, provider);
    },
  };
}
