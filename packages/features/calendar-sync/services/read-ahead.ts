import type { ChangePage } from "@calsync/types";

/**
 * Hands out the pages of a listing, and asks for the page behind one as soon as that is handed out: while its effects are committed, the
 * provider works on the next. Never more than one page ahead, which is in memory only; what was committed is for the cursors of the pages to say.
 *
 * @param list begins the listing; its signal ends what was asked for ahead when nobody wants it any more
 * @throws what the listing throws, when its turn has come: after the pages before it
 */
export async function* readAhead(
  list: (signal: AbortSignal) => AsyncIterable<ChangePage>,
  signal: AbortSignal,
): AsyncGenerator<ChangePage> {
  const unwanted = new AbortController();
  const pages = list(AbortSignal.any([signal, unwanted.signal]))[Symbol.asyncIterator]();
  let ahead: Promise<IteratorResult<ChangePage>> | null = null;
  try {
    for (;;) {
      const next = await (ahead ?? pages.next());
      ahead = null;
      if (next.done) return;
      // Nothing comes after the last page, and the usual listing has no other.
      if (!next.value.complete) {
        ahead = pages.next();
        // Looked at in its turn, or never.
        ahead.catch(() => {});
      }
      yield next.value;
    }
  } finally {
    unwanted.abort();
    const ended = pages.return?.();
    // A page that is still on its way is not waited for: it is only read, and whoever stops here has a reason to.
    if (ahead === null) await ended;
    else ended?.catch(() => {});
  }
}
