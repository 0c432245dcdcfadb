const BURST_MS = 60;

/**
 * Follows the sandbox's changes.
 *
 * @param calendarId only this calendar's events; null for those of all.
 * @param onEvents events may have changed; a burst of changes is told once.
 * @param onLists accounts or calendars came or went.
 * @returns ends it.
 */
export function followChanges(
  calendarId: string | null,
  onEvents: () => void,
  onLists: () => void,
): () => void {
  const query = new URLSearchParams(calendarId === null ? {} : { calendar: calendarId });
  const stream = new EventSource(`/sandbox/api/changes?${query}`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onEvents();
    }, BURST_MS);
  };
  stream.addEventListener("change", (event) => {
    changed();
    const { resource } = JSON.parse(event.data) as { resource: string };
    if (resource === "calendarList") onLists();
  });
  // What changed between the page's first reading and the opening of the stream, or while the connection was lost, was not told.
  stream.addEventListener("open", changed);
  return () => {
    clearTimeout(timer);
    stream.close();
  };
}
