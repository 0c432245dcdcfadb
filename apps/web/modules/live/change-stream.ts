/** What the API's stream tells: what to read again, never content. */
export interface Change {
  type: "booking" | "calendar" | "calendar-file" | "credential" | "sync-run";
  uid?: string;
  id?: string | number;
}

/** The part of `EventSource` that a stream uses, so that tests can bring their own. */
export interface EventSourceLike {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: "change", listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface ChangeStreamOptions {
  url: string;
  connect?: (url: string) => EventSourceLike;
  /** One call for changes that arrive within {@link GATHER_MS} of each other. */
  onChange: (changes: readonly Change[]) => void;
  /** The stream is back after an interruption, in which changes may have been missed: read everything again. */
  onResume: () => void;
  /** False while changes cannot arrive. */
  onState: (connected: boolean) => void;
  random?: () => number;
}

/** A dragged event becomes several changes within moments. */
export const GATHER_MS = 80;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/**
 * Follows a stream of changes for as long as it is not closed. A browser's own `EventSource` gives up for good at the first
 * answer that is not a stream, which is what a restarting server sends; this one connects again after pauses that double up to
 * half a minute, each shortened by chance so that the pages of a restarted server do not come back all at once.
 *
 * @returns `close` ends it; `pause` lets go of the connection until `resume`, which connects at once
 */
export function openChangeStream(options: ChangeStreamOptions): {
  close(): void;
  pause(): void;
  resume(): void;
} {
  const { url, onChange, onResume, onState, random = Math.random } = options;
  const connect = options.connect ?? ((address: string): EventSourceLike => new EventSource(address));
  let source: EventSourceLike | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let gathered: Change[] = [];
  let failures = 0;
  let interrupted = false;
  let wanted = true;

  function open(): void {
    const current = connect(url);
    source = current;
    current.onopen = () => {
      failures = 0;
      onState(true);
      if (interrupted) onResume();
      interrupted = false;
    };
    current.onerror = () => {
      if (source !== current) return;
      drop();
      onState(false);
      const longest = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
      failures += 1;
      retry = setTimeout(open, longest * (0.5 + random() / 2));
    };
    current.addEventListener("change", ({ data }) => {
      const change = parse(data);
      if (!change) return;
      gathered.push(change);
      gathering ??= setTimeout(flush, GATHER_MS);
    });
  }

  function flush(): void {
    gathering = undefined;
    const changes = gathered;
    gathered = [];
    if (changes.length > 0) onChange(changes);
  }

  function drop(): void {
    clearTimeout(retry);
    if (source) source.close();
    source = null;
    interrupted = true;
  }

  open();
  return {
    close() {
      wanted = false;
      drop();
      clearTimeout(gathering);
    },
    pause() {
      if (wanted) drop();
    },
    resume() {
      if (!wanted || source) return;
      clearTimeout(retry);
      failures = 0;
      open();
    },
  };
}

function parse(data: string): Change | null {
  try {
    const value = JSON.parse(data) as Change;
    return typeof value?.type === "string" ? value : null;
  } catch {
    return null;
  }
}
