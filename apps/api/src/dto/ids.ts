import { z } from "zod";

/** The largest number that a column of ids holds. */
const LARGEST_ID = 2_147_483_647;

/** A number that names something, as text of a path. */
export const idInPath = z.coerce.number().int().min(0).max(LARGEST_ID);

/** The same in a body. */
export const idInBody = z.int().min(0).max(LARGEST_ID);
