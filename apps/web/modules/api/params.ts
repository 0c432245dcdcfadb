import { notFound } from "next/navigation";
import { z } from "zod";

/** What the addresses of pages are made of. Whatever does not fit was not written by us. */
export const usernameSchema = z.string().regex(/^[\w.-]{1,80}$/);
export const slugSchema = z.string().regex(/^[a-z0-9-]{1,80}$/);
export const uidSchema = z.uuid();
export const tokenSchema = z.string().min(1).max(200).optional().catch(undefined);
export const idSchema = z.coerce.number().int().positive();

/** A part of an address that has been checked; the page "not found" when it does not fit. */
export function readParam<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) notFound();
  return result.data;
}
