/** Columns of a JSON line that have a place of their own, or say nothing to a person at a terminal. */
const OWN_PLACE = new Set(["level", "time", "pid", "hostname", "name", "msg", "err", "error"]);

/**
 * Turns pino's JSON lines into lines for people: `12:00:00.000 INFO worker  sync finished  calendarSyncId=… created=2`.
 * For a terminal during development; a machine reads the JSON.
 */
export function readableLines(destination: { write(line: string): void }): { write(line: string): void } {
  return {
    write(line) {
      destination.write(`${readable(line)}\n`);
    },
  };
}

function readable(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line.trimEnd();
  }
  const { time, level, name, msg } = entry;
  const fields = Object.entries(entry)
    .filter(([key]) => !OWN_PLACE.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const failure = (entry["err"] ?? entry["error"]) as { stack?: string; message?: string } | undefined;
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(name)}`;
  const text = [head, String(msg ?? ""), fields.join(" ")].filter((part) => part !== "").join("  ");
  return failure === undefined
    ? text
    : `${text}\n${failure.stack ?? failure.message ?? JSON.stringify(failure)}`;
}
