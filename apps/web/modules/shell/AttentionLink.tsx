import Link from "next/link";
import { countAttention } from "../attention/attention.ts";

/** How many things wait for the host, as a way to them; nothing while none does. */
export async function AttentionLink() {
  const count = await readCount();
  if (count === 0) return null;
  return (
    <Link
      href="/attention"
      data-testid="attention"
      data-count={count}
      className="flex min-h-10 items-center gap-2 rounded-lg px-2 text-sm font-medium text-bad hover:bg-bad-soft"
    >
      Needs you
      <span className="inline-flex min-w-5 justify-center rounded-full bg-bad px-1.5 text-xs leading-5 font-semibold text-bad-ink">
        {count}
      </span>
    </Link>
  );
}

/** None while the service cannot tell: the sync status beside it says so. */
async function readCount(): Promise<number> {
  try {
    return await countAttention();
  } catch {
    return 0;
  }
}
